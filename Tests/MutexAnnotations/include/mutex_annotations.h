// ThreadSanitizer learns here of the standard library's Mutex. Nothing to call: it is enough to be linked.
