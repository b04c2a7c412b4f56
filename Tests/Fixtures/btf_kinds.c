// A type of every kind that BTF has, 1 to 19.

typedef unsigned int u32;
typedef unsigned long long u64;

#define __tag(x) __attribute__((btf_type_tag(x)))
#define __decl_tag(x) __attribute__((btf_decl_tag(x)))

struct forward;

enum small { LESS = -1, SAME, MORE };

enum large { HUGE = 0xffffffffffffffffULL };

enum negative { LOWEST = -0x7fffffffffffffffLL - 1, HIGHEST = 0x7fffffffffffffffLL };

union word {
    u32 whole;
    unsigned char bytes[4];
};

struct fields {
    u32 low : 4;
    u32 high : 28;
    signed char sign;
    _Bool flag;
    double real;
    union word word;
    struct forward *next;
    u32 __tag("counted") * tagged;
    const volatile u64 fixed;
    char *restrict text;
    int (*callback)(void *context, u32 number);
    enum small small;
    enum large large;
    enum negative negative;
    u32 matrix[2][3];
    struct {
        u32 inner;
    };
} __decl_tag("on the structure");

struct tagged_member {
    u32 first;
    u32 second __decl_tag("on a member");
};

struct fields variable;
struct tagged_member other;

__attribute__((noinline)) int function(struct fields *fields, u32 number) {
    return fields->low + number;
}

__attribute__((section("xdp"), used)) int entry(void *context) {
    return function(&variable, other.second);
}
