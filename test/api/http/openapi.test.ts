// Whoever writes a client: the OpenAPI document names every route, and the routes keep to it.

import { randomUUID } from 'node:crypto';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ROUTES } from '../../../api/application.js';
import { ACCESS } from '../../../api/http/access.js';
import { useApi } from '../../harness/api.js';

const api = useApi();

const operation = z.object({
  security: z.array(z.unknown()).optional(),
  requestBody: z.unknown().optional(),
  responses: z.record(z.string(), z.unknown()),
});
const document = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});

const send = (method: string, location: string): request.Test => {
  const client = request(api.app);
  switch (method) {
    case 'get':
      return client.get(location);
    case 'put':
      return client.put(location);
    case 'patch':
      return client.patch(location);
    default:
      return client.post(location);
  }
};

describe('/openapi.json', () => {
  it('describes the routes in force and no others', async () => {
    const { paths } = document.parse((await api.get('/openapi.json')).body);
    const described = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{([a-z]+)\}/g, ':$1')}`),
    );
    const plain = ['GET /healthz', 'GET /readyz', 'GET /metrics', 'GET /openapi.json'];
    const ledger = ['GET /ledger/checkpoint', 'GET /ledger/vkey', 'GET /ledger/tile/:path'];
    expect(described.sort()).toEqual([...ROUTES.map(({ call }) => call as string), ...plain, ...ledger].sort());
    expect(Object.keys(ACCESS).sort()).toEqual(ROUTES.map(({ call }) => call as string).sort());
  });

  it('says which calls need a token, and they do', async () => {
    const { paths } = document.parse((await api.get('/openapi.json')).body);
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, { security }] of Object.entries(operations)) {
        const location = path.replace(/\{[a-z]+\}/g, randomUUID());
        const answer = await send(method, location);
        expect([path, answer.status === 401]).toEqual([path, (security ?? []).length > 0]);
      }
    }
  });

  it('names the schemas of bodies and answers', async () => {
    const { components, paths } = document.parse((await api.get('/openapi.json')).body);
    expect(Object.keys(components.schemas)).toEqual(
      expect.arrayContaining(['Case', 'Defaulter', 'Decision', 'Notice', 'Problem']),
    );
    expect(paths['/v1/cases']?.post?.requestBody).toBeDefined();
  });
});
