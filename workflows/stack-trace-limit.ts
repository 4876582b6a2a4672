// Runs once in the sandbox, before any workflow. The SDK takes a stack trace of every promise for its query `__stack_trace`; at ten frames each
// that is a fifth of all a life costs its worker. With one frame the query says little, and an error still says where it was thrown.
Error.stackTraceLimit = 1;
