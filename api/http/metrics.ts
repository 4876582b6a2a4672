import type { RequestHandler } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Pool } from '../../registry/database/pool.js';
import { type ChannelHealth, channelHealth } from '../../registry/departments/channels.js';
import { servicesWithoutRule } from '../../registry/departments/comparisons.js';
import { type LedgerHealth, ledgerHealth, witnessSizes } from '../../registry/ledger/log-status.js';
import { backlog } from '../../registry/views/backlog.js';

export interface Metrics {
  /** Times every request. */
  readonly observe: RequestHandler;
  /** Counts a request that was answered otherwise. */
  count(request: Counted, seconds: number): void;
  /** The Prometheus text format; without the database's gauges while PostgreSQL is away. */
  render(): Promise<{ contentType: string; text: string }>;
}

export interface Counted {
  method: string;
  route: string;
  status: number;
  code: string;
  client?: string;
}

/** Labels are route template, method, status, code and client (a court's or department's code); never an id. */
export function createMetrics(pool: Pool): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const count = countersOf([registry]);
  for (const row of gaugesOf(pool)) addGauge(row, [registry]);
  return {
    count,
    observe: (req, res, next) => {
      const started = performance.now();
      res.on('finish', () => {
        const { route = 'none', code = '', client } = res.locals;
        const seconds = (performance.now() - started) / 1_000;
        count({ method: req.method, route, status: res.statusCode, code, ...(client ? { client } : {}) }, seconds);
      });
      next();
    },
    async render() {
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

function countersOf(registers: Registry[]): Metrics['count'] {
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered',
    labelNames: ['method', 'route', 'status', 'code'],
    registers,
  });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer',
    labelNames: ['method', 'route'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    registers,
  });
  const byClient = new Counter({
    name: 'http_requests_by_client_total',
    help: 'Requests of each court and department',
    labelNames: ['client', 'route'],
    registers,
  });
  return ({ method, route, status, code, client }, seconds) => {
    requests.inc({ method, route, status: String(status), code });
    duration.observe({ method, route }, seconds);
    if (client) byClient.inc({ client, route });
  };
}

interface GaugeRow {
  name: string;
  help: string;
  /** Undefined where there is one value; it then stands under ''. */
  label?: string;
  values(): Promise<Iterable<readonly [label: string, value: number]>>;
}

function gaugesOf(pool: Pool): GaugeRow[] {
  const channels = atOnce(() => channelHealth(pool));
  const ledger = atOnce(() => ledgerHealth(pool));
  const ofChannel = (value: (channel: ChannelHealth) => number) => async (): Promise<[string, number][]> =>
    (await channels()).map((channel) => [channel.department, value(channel)]);
  const ofLedger = (values: (health: LedgerHealth) => [string, number][]) => async (): Promise<[string, number][]> =>
    values(await ledger());
  return [
    {
      name: 'backlog_age_seconds',
      help: 'How long the oldest entry has been waiting: outbox, notices without a place, releases not acknowledged by all, ledger leaves',
      label: 'part',
      values: async () => Object.entries(await backlog(pool)),
    },
    {
      name: 'channel_gone',
      help: 'The receiver answered 410 Gone and its channel is paused: somebody must look',
      label: 'department',
      values: ofChannel(({ pausedBy }) => Number(pausedBy === 'receiver')),
    },
    {
      name: 'channel_paused',
      help: 'The channel is paused, by the receiver or an administrator',
      label: 'department',
      values: ofChannel(({ pausedBy }) => Number(pausedBy !== null)),
    },
    {
      name: 'channel_failures',
      help: 'Failed deliveries in a row',
      label: 'department',
      values: ofChannel(({ failures }) => failures),
    },
    {
      name: 'channel_lag_seconds',
      help: 'Age of the oldest notice that the channel has not delivered',
      label: 'department',
      values: ofChannel(({ lagSeconds }) => lagSeconds),
    },
    {
      name: 'ledger_entries',
      help: 'Entries of the record: published, and cosigned by enough witnesses',
      label: 'state',
      values: ofLedger(({ size, witnessed }) => Object.entries({ published: size, witnessed })),
    },
    {
      name: 'ledger_behind',
      help: 'A witness holds more of the record than this database: nothing is signed until it is recovered',
      values: ofLedger(({ isBehind }) => [['', Number(isBehind)]]),
    },
    {
      name: 'ledger_unwitnessed_seconds',
      help: 'How long the oldest checkpoint has been waiting for enough witnesses',
      values: ofLedger(({ unwitnessedSeconds }) => [['', unwitnessedSeconds]]),
    },
    {
      name: 'ledger_witness_size',
      help: 'The last size that each witness has cosigned',
      label: 'witness',
      values: () => witnessSizes(pool),
    },
    {
      name: 'comparisons_without_rule',
      help: 'Comparisons for which the catalogue had no row: somebody must look',
      values: async () => [['', servicesWithoutRule.count]],
    },
  ];
}

/** While PostgreSQL is away a gauge with a label has no values, one without keeps its last. */
function addGauge({ name, help, label, values }: GaugeRow, registers: Registry[]): void {
  new Gauge({
    name,
    help,
    labelNames: label === undefined ? [] : [label],
    registers,
    async collect() {
      const found = await values().catch(() => []);
      if (label !== undefined) this.reset();
      for (const [of, value] of found) this.set(label === undefined ? {} : { [label]: of }, value);
    },
  });
}

/** Several gauges are collected at once, from one statement. */
function atOnce<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
}
