import type { RequestHandler } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Pool } from '../../registry/database/pool.js';
import { type ChannelHealth, channelHealth } from '../../registry/departments/channels.js';
import { servicesWithoutRule } from '../../registry/departments/comparisons.js';
import { ledgerHealth, witnessSizes } from '../../registry/ledger/log-status.js';
import { backlog } from '../../registry/views/health.js';

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
  const registers = [registry];
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
  new Gauge({
    name: 'backlog_age_seconds',
    help: 'How long the oldest entry has been waiting: outbox, notices without a place, releases not acknowledged by all, ledger leaves',
    labelNames: ['part'],
    registers,
    async collect() {
      this.reset();
      const behind = await backlog(pool).catch(() => undefined);
      for (const [part, seconds] of Object.entries(behind ?? {})) this.set({ part }, seconds);
    },
  });
  // From one statement, taken when the first of them is asked for.
  // Several gauges are collected at once, from one statement.
  let channels: Promise<ChannelHealth[]> | undefined;
  const channelsNow = (): Promise<ChannelHealth[]> => {
    channels ??= channelHealth(pool)
      .catch(() => [])
      .finally(() => {
        channels = undefined;
      });
    return channels;
  };
  const channelGauge = (name: string, help: string, value: (channel: ChannelHealth) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['department'],
      registers,
      async collect() {
        this.reset();
        for (const channel of await channelsNow()) this.set({ department: channel.department }, value(channel));
      },
    });
  };
  channelGauge(
    'channel_gone',
    'The receiver answered 410 Gone and its channel is paused: somebody must look',
    (channel) => Number(channel.pausedBy === 'receiver'),
  );
  channelGauge('channel_paused', 'The channel is paused, by the receiver or an administrator', (channel) =>
    Number(channel.pausedBy !== null),
  );
  channelGauge('channel_failures', 'Failed deliveries in a row', (channel) => channel.failures);
  channelGauge(
    'channel_lag_seconds',
    'Age of the oldest notice that the channel has not delivered',
    (channel) => channel.lagSeconds,
  );
  new Gauge({
    name: 'ledger_entries',
    help: 'Entries of the record: published, and cosigned by enough witnesses',
    labelNames: ['state'],
    registers,
    async collect() {
      this.reset();
      const health = await ledgerHealth(pool).catch(() => undefined);
      if (!health) return;
      this.set({ state: 'published' }, health.size);
      this.set({ state: 'witnessed' }, health.witnessed);
      behind.set(Number(health.isBehind));
      unwitnessed.set(health.unwitnessedSeconds);
    },
  });
  const behind = new Gauge({
    name: 'ledger_behind',
    help: 'A witness holds more of the record than this database: nothing is signed until it is recovered',
    registers,
  });
  const unwitnessed = new Gauge({
    name: 'ledger_unwitnessed_seconds',
    help: 'How long the oldest checkpoint has been waiting for enough witnesses',
    registers,
  });
  new Gauge({
    name: 'ledger_witness_size',
    help: 'The last size that each witness has cosigned',
    labelNames: ['witness'],
    registers,
    async collect() {
      this.reset();
      const sizes = await witnessSizes(pool).catch(() => new Map<string, number>());
      for (const [witness, size] of sizes) this.set({ witness }, size);
    },
  });
  new Gauge({
    name: 'comparisons_without_rule',
    help: 'Comparisons for which the catalogue had no row: somebody must look',
    registers,
    collect() {
      this.set(servicesWithoutRule.count);
    },
  });
  const count = ({ method, route, status, code, client }: Counted, seconds: number): void => {
    requests.inc({ method, route, status: String(status), code });
    duration.observe({ method, route }, seconds);
    if (client) byClient.inc({ client, route });
  };
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
