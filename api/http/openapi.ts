import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { problem } from '../schemas/answers.js';
import { nothing } from '../schemas/page.js';
import { isPublic, type Route } from './route.js';

/** `/v1/cases/:id` as OpenAPI writes it: `/v1/cases/{id}`. */
const documentedPath = (path: string): string => path.replace(/:([a-z]+)/g, '{$1}');

const JSON_TYPE = 'application/json';
const PROBLEM = { description: 'RFC 9457', content: { 'application/problem+json': { schema: problem } } };

/** The OpenAPI 3.1 document of the very routes that are in force, with the very schemas that check them. */
export function openApiDocument(routes: readonly Route[], problemCodes: readonly string[]): object {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  for (const route of routes) registry.registerPath(described(route));
  for (const [path, description, type] of PLAIN) {
    registry.registerPath({
      method: 'get',
      path,
      summary: description,
      security: [],
      responses: { 200: { description, content: { [type]: { schema: {} } } }, default: PROBLEM },
    });
  }
  return new OpenApiGeneratorV31(registry.definitions, { sortComponents: 'alphabetically' }).generateDocument({
    openapi: '3.1.0',
    info: {
      title: '失信被执行人联合惩戒云 / Joint-enforcement cloud',
      version: '1',
      description: `Problem codes: ${problemCodes.join(', ')}. Members and codes may be added: ignore what you don't know.`,
    },
    servers: [{ url: '/' }],
  });
}

const PLAIN = [
  ['/healthz', '进程存活 / The process is alive', JSON_TYPE],
  ['/readyz', '可用；列出降级部分 / Ready while PostgreSQL answers; lists degraded parts', JSON_TYPE],
  ['/metrics', 'Prometheus', 'text/plain'],
  ['/openapi.json', '本文件 / This document', JSON_TYPE],
  ['/ledger/checkpoint', '存证检查点 / Signed checkpoint of the record (C2SP tlog-checkpoint)', 'text/plain'],
  ['/ledger/vkey', '存证公钥 / The record’s verifier keys (C2SP signed-note)', 'text/plain'],
  ['/ledger/tile/{path}', '存证分块 / Tiles and bundles of entries (C2SP tlog-tiles)', 'application/octet-stream'],
] as const;

/** Ids are UUIDs; departments and services have codes. */
const inPath = (name: string): z.ZodType => (name === 'code' ? z.string() : z.guid());

const IF_MATCH = z.object({
  'If-Match': z.string().optional().meta({ description: '已存在时必填 / Its ETag; required where it exists already' }),
});
const HEADERS: { readonly [M in Route['method']]?: z.ZodObject } = {
  post: z.object({ 'Idempotency-Key': z.string().min(1).max(255).meta({ description: 'Once per fact' }) }),
  put: IF_MATCH,
  patch: IF_MATCH,
};

function described({ call, method, path, summary, body, query, statuses, answer, text }: Route): RouteConfig {
  const names = [...path.matchAll(/:([a-z]+)/g)].map(([, name = '']) => name);
  const responses: RouteConfig['responses'] = { default: PROBLEM };
  for (const status of statuses) {
    responses[status] =
      status === 304
        ? { description: '未改变 / Not changed since (If-None-Match)' }
        : {
            description: summary,
            content: {
              [JSON_TYPE]: { schema: answer },
              ...(text === undefined ? {} : { 'text/plain': { schema: z.string().meta({ description: text }) } }),
            },
          };
  }
  return {
    method,
    path: documentedPath(path),
    summary,
    security: isPublic(call) ? [] : [{ bearer: [] }],
    request: {
      ...(names.length > 0 ? { params: z.object(Object.fromEntries(names.map((name) => [name, inPath(name)]))) } : {}),
      ...(query ? { query } : {}),
      ...(HEADERS[method] ? { headers: HEADERS[method] } : {}),
      ...(body && body !== nothing ? { body: { required: true, content: { [JSON_TYPE]: { schema: body } } } } : {}),
    },
    responses,
  };
}
