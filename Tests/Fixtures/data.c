// Globals in each kind of data section, read and written, and strings that have no name.

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define SEC(name) __attribute__((section(name), used))

static long (*trace)(const char *format, u32 size, ...) = (void *)6;

volatile const u32 limit = 10;
volatile const u8 address[6] = {1, 2, 3, 4, 5, 6};
volatile const u64 wide SEC(".rodata.custom") = 0x1122334455667788;
u64 counter = 5;
u32 zeroed[4];
u32 special SEC(".bss.special");
static volatile u32 quiet = 3;

SEC("xdp") int reads(void *context) {
    static volatile u32 calls = 1;

    calls++;
    counter += limit + wide;
    zeroed[2] = quiet + address[3];
    special = 1;
    trace("a string", 9);
    return calls;
}

SEC("xdp") int also(void *context) {
    static volatile u32 calls = 2;

    return ++calls;
}
