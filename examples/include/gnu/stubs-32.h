/* Empty: glibc's <gnu/stubs.h> takes -target bpf for a 32-bit system and asks for this file, which few have installed. */
