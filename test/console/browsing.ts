import type { RequestListener } from 'node:http';
import request from 'supertest';
import { expect } from 'vitest';

/** A browser that keeps its cookies and says where its forms come from. */
export type Browsing = ReturnType<typeof request.agent>;

export const OWN_FORM = { 'Sec-Fetch-Site': 'same-origin' } as const;

/** A browser in which this token has signed in. */
export async function signedInAs(app: RequestListener, token: string): Promise<Browsing> {
  const browsing = request.agent(app);
  await browsing.post('/console/sign-in').set(OWN_FORM).type('form').send({ token }).expect(303);
  return browsing;
}

/** What must hold of every page, whatever it shows. */
export function expectSoundPage(answer: request.Response, language: 'zh-CN' | 'en'): void {
  const html = answer.text;
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.headers['content-security-policy']).toBe(
    "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
  );
  expect(answer.headers['x-frame-options']).toBe('DENY');
  expect(answer.headers['referrer-policy']).toBe('same-origin');
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
  expect(html).toMatch(new RegExp(`^<!doctype html><html lang="${language}">`));
  expect(html.match(/<h1/g)).toHaveLength(1);
  expect(html).toMatch(/<title>[^<]+<\/title>/);
  expect(html).not.toMatch(/<script|\sstyle=|\son[a-z]+=|javascript:/i);
  expect(html).not.toMatch(/undefined|\[object|NaN|>null</);
}

/** The text of an element with this attribute, e.g. `data-count="publish"`. */
export function textOf(html: string, attribute: string): string {
  const found = new RegExp(`${attribute}[^>]*>([^<]*)<`).exec(html)?.[1];
  if (found === undefined) throw new Error(`no element with ${attribute}`);
  return found;
}

export interface Row {
  department: string;
  delivered: boolean;
  acknowledged: boolean;
  interceptions: number;
  releaseDelivered: boolean;
  releaseAcknowledged: boolean;
}

/** The rows of the table of departments. */
export function tableRows(html: string): Row[] {
  return [...html.matchAll(/<tr id="d-([A-Z]{3})">(.*?)<\/tr>/gs)].map(([, department = '', inner = '']) => {
    const [delivered, acknowledged, stops, releaseDelivered, releaseAcknowledged] = [
      ...inner.matchAll(/<td[^>]*>(.*?)<\/td>/gs),
    ].map(([, cell = '']) => cell);
    const has = (cell: string | undefined): boolean => cell?.includes('<time') ?? false;
    return {
      department,
      delivered: has(delivered),
      acknowledged: has(acknowledged),
      interceptions: Number(stops?.replace('◆', '')),
      releaseDelivered: has(releaseDelivered),
      releaseAcknowledged: has(releaseAcknowledged),
    };
  });
}

/** The cells of the matrix: department, state, interceptions and accessible name. */
export function matrixCells(
  html: string,
): { department: string; state: string; interceptions: number; name: string }[] {
  const cell =
    /data-department="([A-Z]{3})" data-state="([a-z]+)" data-interceptions="(\d+)".*?class="visually-hidden"> ([^<]*)</gs;
  return [...html.matchAll(cell)].map(([, department = '', state = '', interceptions = '', name = '']) => ({
    department,
    state,
    interceptions: Number(interceptions),
    name,
  }));
}
