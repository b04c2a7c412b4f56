// Each statement on a line of its own, which the tests count.

static volatile int sink;

static __attribute__((noinline)) int helper(int x) {
    sink = x;
    return x * 3;
}

__attribute__((section("xdp"))) int entry(void *context) {
    sink = 1;
    sink = helper(sink);
    return sink;
}
