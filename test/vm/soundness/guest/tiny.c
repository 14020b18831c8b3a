/* A static program of less than a page, without a C library, that prints a message that can be edited in the binary. */
static const char message[] = "message:0123456789\n";

__attribute__((noreturn)) static void leave(void) {
  __asm__ volatile("syscall" ::"a"(60), "D"(0));
  __builtin_unreachable();
}

void _start(void) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(1), "D"(1), "S"(message), "d"(sizeof message - 1) : "rcx", "r11", "memory");
  leave();
}
