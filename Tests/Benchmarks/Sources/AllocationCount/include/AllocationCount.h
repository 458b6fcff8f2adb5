/// How many blocks of memory have been asked for so far, by the thread that asks.
unsigned long allocation_count(void);
