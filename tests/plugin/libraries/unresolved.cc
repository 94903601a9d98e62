void a_function_that_no_library_defines();
void (*const reference)() = &a_function_that_no_library_defines;
extern "C" void call() {
  reference();
}
