import type pg from 'pg';
import type { Credential } from '../../registry/access/credentials.js';

/** A department that compares: its sign-in and one service of its own that restricts people and organisations. */
export interface Counter {
  department: string;
  token: string;
  service: string;
}

const COUNTERS = 8;

/** Departments whose services restrict both people and organisations today, and touch no child. */
export async function countersOf(client: pg.Client, credentials: readonly Credential[]): Promise<Counter[]> {
  const { rows } = await client.query<{ department: string; service: string }>(
    `select s.department, min(s.code) as service from service s join service_rule r on r.service = s.code
     where r.enabled and r.subjects @> array['P', 'O'] and r.gated_by && array['LISTING', 'CONSUMPTION'] and r.flags = '{}'
       and r.disposition <> 'ASSIST' and coalesce(r.valid_until, 'infinity') > now() group by s.department order by 1 limit $1`,
    [COUNTERS],
  );
  return rows.map(({ department, service }) => {
    const credential = credentials.find((one) => one.role === 'department' && one.department === department);
    if (!credential) throw new Error(`no sign-in for ${department}`);
    return { department, service, token: credential.token };
  });
}

/** The HTTP head of a POST up to its Idempotency-Key. */
export const headOf = (path: string, { token }: Counter, type = 'application/json'): string =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${type}\r\nIdempotency-Key: `;
