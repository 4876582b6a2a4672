// Runs once in the sandbox, before any workflow. The SDK takes a stack trace of every promise, which at ten frames each is a fifth of all a
// life costs its worker. With one frame an error still says where it was thrown; where a life waits is told by its `state` query.
Error.stackTraceLimit = 1;
