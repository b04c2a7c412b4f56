// Runs arm64 code that Swale's compiler wrote elsewhere: reads cases from a file, writes what each left to another.
//
//     harness CASES OUTCOMES
//
// All numbers are of 64 bits, little-endian; bytes are padded to 8. ARM64Batch.swift writes cases and reads outcomes.
//
// A file: memory's address and size, code's address and size, offsets in RunState of registers, slot, helperCost and
// helperFault, the number of cases, the cases.
// A case: the code's size (0: the code of the case before), the code; the number of maps, each of 9 numbers; the number
// of pieces of memory, each with address, size, whether its bytes follow (else it is zeros) and whether the outcome
// has them; the arguments of the code: state, frames, their number, results.
// An outcome: 0 or the signal that ended the run, or 1000 and the number of the first register that was not as before; the
// number of words that the helpers noted, the words; the pieces of memory.
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef uint64_t u64;

struct map {
    u64 id, core, is_array, key_size, value_size, stride, entries, worker_stride;
    uint8_t *values;
};

enum { MOST_MAPS = 16, MOST_WORDS = 1 << 16, STUB_BYTES = 16, STUB_AREA = 4096, MOST_PIECES = 64 };

static FILE *input, *output;
static struct map maps[MOST_MAPS];
static u64 map_count, word_count, words[MOST_WORDS], ticks;
static uint8_t *state;
static u64 registers_offset, slot_offset, cost_offset, fault_offset;
static sigjmp_buf recovery;
static int timeouts;

static void die(const char *what) {
    perror(what);
    exit(2);
}

static void read_bytes(void *to, u64 count) {
    u64 padding;
    if (count && fread(to, 1, count, input) != count) die("cases");
    if (count % 8 && fread(&padding, 1, 8 - count % 8, input) != 8 - count % 8) die("cases");
}

static u64 number(void) {
    u64 value;
    read_bytes(&value, 8);
    return value;
}

static void write_bytes(const void *from, u64 count) {
    u64 padding = 0;
    if (count && fwrite(from, 1, count, output) != count) die("outcomes");
    if (count % 8 && fwrite(&padding, 1, 8 - count % 8, output) != 8 - count % 8) die("outcomes");
}

static void put(u64 value) { write_bytes(&value, 8); }

static void note(u64 word) {
    if (word_count < MOST_WORDS) words[word_count++] = word;
}

static u64 field(u64 offset) {
    u64 value;
    memcpy(&value, state + offset, 8);
    return value;
}

// The stubs of helpers and of maps' functions. RecordingExecution.swift does the same for the interpreter.

// FNV-1a
static u64 hash(const uint8_t *bytes, u64 count) {
    u64 sum = 0xcbf29ce484222325;
    for (u64 i = 0; i < count; i++) sum = (sum ^ bytes[i]) * 0x100000001b3;
    return sum;
}

static uint8_t *element(const struct map *map, const uint8_t *key, u64 slot) {
    u64 index;
    if (map->is_array) {
        uint32_t number;
        memcpy(&number, key, 4);
        index = number;
    } else {
        index = hash(key, map->key_size) % (map->entries + 1);
    }
    return index < map->entries ? map->values + index * map->stride + slot * map->worker_stride : NULL;
}

static u64 lookup(const struct map *map, const uint8_t *key, u64 slot) {
    uint8_t *value = element(map, key, slot);
    if (!map->is_array) {
        note(1);
        note(map - maps);
        note(hash(key, map->key_size));
        note(slot);
    }
    return (u64)value;
}

static u64 update(const struct map *map, const uint8_t *key, const uint8_t *value, u64 flags, u64 slot) {
    note(2);
    note(map - maps);
    note(hash(key, map->key_size));
    note(hash(value, map->value_size));
    note(flags);
    note(slot);
    uint8_t *place = element(map, key, slot);
    if (!place) return -7;
    memmove(place, value, map->value_size);
    return flags & 1 ? -17 : 0;
}

static u64 delete(const struct map *map, const uint8_t *key, u64 slot) {
    note(3);
    note(map - maps);
    note(hash(key, map->key_size));
    note(slot);
    return hash(key, map->key_size) & 1 ? -2 : 0;
}

static const struct map *find(u64 address, int by_core) {
    for (u64 i = 0; i < map_count; i++)
        if ((by_core ? maps[i].core : maps[i].id) == address) return maps + i;
    fprintf(stderr, "no map at 0x%llx\n", (unsigned long long)address);
    raise(SIGUSR1);
    return maps;
}

static u64 clock_ticks(void) {
    note(5);
    return ++ticks * 1000;
}

static u64 random_ticks(void) {
    note(7);
    return ++ticks * 2654435761 & 0xFFFFFFFF;
}

u64 stub_lookup(u64 map, uint8_t *key) { return lookup(find(map, 1), key, field(slot_offset)); }
u64 stub_update(u64 map, uint8_t *key, uint8_t *value, u64 flags) {
    return update(find(map, 1), key, value, flags, field(slot_offset));
}
u64 stub_delete(u64 map, uint8_t *key) { return delete(find(map, 1), key, field(slot_offset)); }
u64 stub_map_lookup(u64 map, uint8_t *key, u64 slot) { return lookup(find(map, 0), key, slot); }
u64 stub_map_update(u64 map, uint8_t *key, uint8_t *value, u64 flags, u64 slot) {
    return update(find(map, 0), key, value, flags, slot);
}
u64 stub_map_delete(u64 map, uint8_t *key, u64 slot) { return delete(find(map, 0), key, slot); }
u64 stub_time(void) { return clock_ticks(); }
u64 stub_random(void) { return random_ticks(); }

// Of a truth value only the lowest byte is defined.
static u64 truth(int value) { return 0xFEDCBA9876543200 | !!value; }

u64 stub_call(u64 number, u64 core, uint8_t *of) {
    u64 *r = (u64 *)field(registers_offset), slot = field(slot_offset), cost = 8;
    // bad_call of Fault.swift
    uint8_t fault = 3;
    const struct map *map = NULL;
    (void)core;
    if (of != state) raise(SIGUSR1);
    number &= 0xFFFFFFFF;
    if (number >= 1 && number <= 3) {
        map = find(r[1], 1);
        cost += number == 2 ? (map->key_size + map->value_size * 2) / 8 : map->key_size / 8;
    }
    switch (number) {
    case 1: r[0] = lookup(map, (uint8_t *)r[2], slot); break;
    case 2: r[0] = update(map, (uint8_t *)r[2], (uint8_t *)r[3], r[4], slot); break;
    case 3: r[0] = delete(map, (uint8_t *)r[2], slot); break;
    case 5: r[0] = clock_ticks(); break;
    case 6:
        note(6);
        note(hash((uint8_t *)r[1], r[2]));
        cost = 2048;
        r[0] = r[2];
        break;
    case 7: r[0] = random_ticks(); break;
    case 8: r[0] = slot; break;
    default: memcpy(state + fault_offset, &fault, 1); return truth(0);
    }
    memcpy(state + cost_offset, &cost, 8);
    return truth(1);
}

// Each leaves nothing in the registers that a function may change.
#define STUB(name)                                                                                                     \
    extern void enter_##name(void);                                                                                    \
    __asm__(".text\nenter_" #name ": stp x29, x30, [sp, #-16]!\n bl " #name                                            \
            "\n movn x1, #0x1111\n movn x2, #0x2222\n movn x3, #0x3333\n movn x4, #0x4444\n movn x5, #0x5555\n"        \
            "mov x6, x1\n mov x7, x2\n mov x8, x3\n mov x9, x4\n mov x10, x5\n mov x11, x1\n mov x12, x2\n"            \
            "mov x13, x3\n mov x14, x4\n mov x15, x5\n mov x16, x1\n mov x17, x2\n"                                    \
            "ldp x29, x30, [sp], #16\n ret\n")
STUB(stub_lookup);
STUB(stub_update);
STUB(stub_delete);
STUB(stub_time);
STUB(stub_random);
STUB(stub_call);
STUB(stub_map_lookup);
STUB(stub_map_update);
STUB(stub_map_delete);

static void (*const stubs[])(void) = {
    enter_stub_lookup, enter_stub_update, enter_stub_delete, enter_stub_time, enter_stub_random,
    enter_stub_call, enter_stub_map_lookup, enter_stub_map_update, enter_stub_map_delete,
};

// Calls the code with values of its own in the registers that it must leave alone. 0, or the first that is not as before;
// 31 is the stack pointer.
extern u64 call_code(u64 *arguments, void *code);
__asm__(".text\ncall_code: stp x29, x30, [sp, #-112]!\n stp x19, x20, [sp, #16]\n stp x21, x22, [sp, #32]\n"
        "stp x23, x24, [sp, #48]\n stp x25, x26, [sp, #64]\n stp x27, x28, [sp, #80]\n mov x29, sp\n str x29, [sp, #96]\n"
        "mov x9, x1\n ldp x2, x3, [x0, #16]\n ldp x0, x1, [x0]\n"
        "mov x19, #1900\n mov x20, #2000\n mov x21, #2100\n mov x22, #2200\n mov x23, #2300\n mov x24, #2400\n"
        "mov x25, #2500\n mov x26, #2600\n mov x27, #2700\n mov x28, #2800\n blr x9\n"
        "mov x0, #31\n mov x9, sp\n ldr x10, [x9, #96]\n cmp x9, x10\n b.ne 1f\n"
        "mov x0, #29\n cmp sp, x29\n b.ne 1f\n"
        "mov x0, #19\n mov x9, #1900\n cmp x19, x9\n b.ne 1f\n mov x0, #20\n mov x9, #2000\n cmp x20, x9\n b.ne 1f\n"
        "mov x0, #21\n mov x9, #2100\n cmp x21, x9\n b.ne 1f\n mov x0, #22\n mov x9, #2200\n cmp x22, x9\n b.ne 1f\n"
        "mov x0, #23\n mov x9, #2300\n cmp x23, x9\n b.ne 1f\n mov x0, #24\n mov x9, #2400\n cmp x24, x9\n b.ne 1f\n"
        "mov x0, #25\n mov x9, #2500\n cmp x25, x9\n b.ne 1f\n mov x0, #26\n mov x9, #2600\n cmp x26, x9\n b.ne 1f\n"
        "mov x0, #27\n mov x9, #2700\n cmp x27, x9\n b.ne 1f\n mov x0, #28\n mov x9, #2800\n cmp x28, x9\n b.ne 1f\n"
        "mov x0, #0\n 1: ldp x19, x20, [sp, #16]\n ldp x21, x22, [sp, #32]\n ldp x23, x24, [sp, #48]\n"
        "ldp x25, x26, [sp, #64]\n ldp x27, x28, [sp, #80]\n ldp x29, x30, [sp], #112\n ret\n");

static void *map_at(u64 address, u64 bytes, int protection) {
    void *memory = mmap((void *)address, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (memory != (void *)address) die("mmap");
    return memory;
}

static void recover(int signal) { siglongjmp(recovery, signal); }

static void handle_signals(void) {
    static char stack[1 << 16];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_handler = recover, .sa_flags = SA_ONSTACK};
    const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGALRM, SIGTRAP, SIGUSR1};
    sigaltstack(&alternate, NULL);
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) sigaction(signals[i], &action, NULL);
}

static void read_maps(void) {
    map_count = number();
    if (map_count > MOST_MAPS) die("maps");
    for (u64 i = 0; i < map_count; i++) {
        struct map *map = maps + i;
        map->id = number(), map->core = number(), map->is_array = number(), map->key_size = number();
        map->value_size = number(), map->stride = number(), map->entries = number(), map->worker_stride = number();
        map->values = (uint8_t *)number();
    }
}

static void run(uint8_t *code) {
    u64 size = number();
    if (size) {
        read_bytes(code, size);
        __builtin___clear_cache((char *)code, (char *)code + size);
    }
    read_maps();
    struct {
        u64 address, size;
    } wanted[MOST_PIECES];
    u64 pieces = number(), wanted_count = 0;
    if (pieces > MOST_PIECES) die("pieces");
    for (u64 i = 0; i < pieces; i++) {
        u64 address = number(), bytes = number(), follows = number(), is_wanted = number();
        if (follows) read_bytes((void *)address, bytes);
        else memset((void *)address, 0, bytes);
        if (is_wanted) wanted[wanted_count].address = address, wanted[wanted_count++].size = bytes;
    }
    u64 arguments[4];
    read_bytes(arguments, sizeof(arguments));
    state = (uint8_t *)arguments[0];
    word_count = ticks = 0;
    volatile u64 status = 0;
    int signal = sigsetjmp(recovery, 1);
    if (signal) {
        status = signal;
        // Code that never ends is wrong in more than one case.
        if (signal == SIGALRM && ++timeouts > 2) errno = ETIME, die("cases");
    } else {
        alarm(20);
        u64 changed = call_code(arguments, code);
        if (changed) status = 1000 + changed;
    }
    alarm(0);
    put(status);
    put(word_count);
    write_bytes(words, word_count * 8);
    for (u64 i = 0; i < wanted_count; i++) write_bytes((void *)wanted[i].address, wanted[i].size);
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    input = fopen(arguments[1], "rb");
    output = fopen(arguments[2], "wb");
    if (!input || !output) die("open");
    u64 address = number(), bytes = number();
    map_at(address, bytes, PROT_READ | PROT_WRITE);
    address = number(), bytes = number();
    uint8_t *code = map_at(address, bytes, PROT_READ | PROT_WRITE | PROT_EXEC);
    for (unsigned i = 0; i < sizeof(stubs) / sizeof(stubs[0]); i++) {
        // ldr x16, 8 bytes on; br x16
        const uint32_t jump[] = {0x58000050, 0xD61F0200};
        memcpy(code + i * STUB_BYTES, jump, 8);
        memcpy(code + i * STUB_BYTES + 8, stubs + i, 8);
    }
    __builtin___clear_cache((char *)code, (char *)code + STUB_AREA);
    registers_offset = number(), slot_offset = number(), cost_offset = number(), fault_offset = number();
    handle_signals();
    for (u64 cases = number(); cases > 0; cases--) run(code + STUB_AREA);
    return fclose(output) ? 2 : 0;
}
