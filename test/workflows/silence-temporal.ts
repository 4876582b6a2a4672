import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

// What the tests provoke need not be read about.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }), forward: {} } },
});
