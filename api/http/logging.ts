import type { Request, RequestHandler, Response } from 'express';
import { type DestinationStream, type Logger, pino } from 'pino';
import { pinoHttp } from 'pino-http';

/** Members that may hold a person or a secret, should anybody ever log an object that has them. */
const REDACTED = [
  'authorization',
  'cookie',
  'name',
  'number',
  'phone',
  'address',
  'payer',
  'token',
  'party',
  'defaulters',
  'identifiers',
];

/** Beyond this what is held is written at once; together with one more line it is still what a pipe takes whole, whoever else writes to it. */
const HELD_BYTES = 2_048;
const WRITE_BYTES = 4_096;

/** JSON lines on standard output. `level`: trace debug info warn error silent. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { process: 'api' },
    redact: { paths: REDACTED.flatMap((member) => [member, `*.${member}`, `*.*.${member}`]), censor: '…' },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return pino(options, destination ?? standardOutput());
}

/**
 * Standard output, written once for all lines of a turn of the event loop: a write for each costs more than the line. What a killed process loses is
 * the lines of the answers it was just giving.
 */
function standardOutput(): DestinationStream & { flushSync(): void } {
  const output = pino.destination({ fd: 1, sync: true, minLength: HELD_BYTES, maxWrite: WRITE_BYTES });
  let held = false;
  const write = (): void => {
    held = false;
    output.flush();
  };
  process.on('exit', write);
  return {
    write(line: string) {
      output.write(line);
      if (held) return;
      held = true;
      setImmediate(write);
    },
    // What pino calls for a fatal line.
    flushSync: write,
  };
}

/** Probes that would only fill the log. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics']);

/** For lines of which every member is named here: nothing in them needs to be looked through. */
export const plainLines = (logger: Logger): Logger => logger.child({}, { redact: [] });

/** One line per request: trace, route template, status, code, client, duration. Never a URL, a header or a body. */
export function accessLog(logger: Logger): RequestHandler {
  const line = (req: Request, res: Response, value: { responseTime?: number }): object => ({
    method: req.method,
    route: res.locals.route ?? 'none',
    status: res.statusCode,
    ...(res.locals.code ? { code: res.locals.code } : {}),
    ...(res.locals.client ? { client: res.locals.client } : {}),
    ms: value.responseTime,
  });
  return pinoHttp<Request, Response>({
    logger,
    quietReqLogger: true,
    quietResLogger: true,
    customAttributeKeys: { reqId: 'traceId' },
    genReqId: (_req, res) => res.locals.traceId,
    // The library would serialise URL and headers for every request, if only to throw them away.
    wrapSerializers: false,
    serializers: { req: () => undefined, res: () => undefined },
    autoLogging: { ignore: (req) => QUIET.has(req.path) },
    customLogLevel: (_req, res, error) => (error || res.statusCode >= 500 ? 'error' : 'info'),
    customSuccessObject: line,
    customErrorObject: (req, res, _error, value) => line(req, res, value),
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request',
  });
}
