// The administrator changes rows of the catalogue and the register of schools, and comparisons follow.

import { randomUUID } from 'node:crypto';
import request from 'supertest';
import { beforeAll, describe, expect, it } from 'vitest';
import { addDays } from '../../../domain/calendar.js';
import { inTransaction } from '../../../registry/database/pool.js';
import { publish, tell } from '../../../registry/process/steps.js';
import { aCase, personBody } from '../../builders/bodies.js';
import { COURT } from '../../builders/cases.js';
import { residentNumber } from '../../builders/numbers.js';
import { today } from '../../builders/parties.js';
import { complaint, useApi } from '../../harness/api.js';
import { administrator, clerkOf, departmentOf, judgeOf, supervisorOf } from '../../harness/credentials.js';

const api = useApi();

const edit =
  (method: 'patch' | 'put', location: string) =>
  (code: string, body: object, ifMatch?: string, token: string | undefined = administrator().token): request.Test => {
    const sent = request(api.app)[method](`${location}/${code}`);
    if (token !== '') sent.set('Authorization', `Bearer ${token}`);
    return (ifMatch === undefined ? sent : sent.set('If-Match', ifMatch)).send(body);
  };
const change = edit('patch', '/v1/services');
const keep = edit('put', '/v1/schools');
const service = async (code: string) =>
  (await api.get('/v1/services')).body.items.find((item: { code: string }) => item.code === code);
const parent = (number: string) => personBody('徐某', number);
const compare = (body: object, department = 'EDU') =>
  api.post('/v1/comparisons', { reference: randomUUID(), ...body }, { token: departmentOf(department).token });

describe('a row of the catalogue', () => {
  it('is changed in part; its version counts up and stands in its ETag and in the list; what was is kept', async () => {
    expect(await service('PLN-01')).toMatchObject({ version: 1, enabled: true, disposition: 'REVIEW' });
    const first = await change('PLN-01', { disposition: 'NOTIFY', holdDays: 5, validUntil: '2099-12-31' }, '"1"');
    expect([first.status, first.headers.etag]).toEqual([200, '"2"']);
    const rule = { version: 2, enabled: true, disposition: 'NOTIFY', holdDays: 5, validUntil: '2099-12-31' };
    expect(first.body).toMatchObject({ code: 'PLN-01', department: 'PLN', gatedBy: ['LISTING'], ...rule });
    expect(await service('PLN-01')).toEqual(first.body);
    const freed = await change('PLN-01', { holdDays: null, validUntil: null }, '"2"');
    expect(freed.body).toMatchObject({ version: 3, disposition: 'NOTIFY' });
    expect(freed.body).not.toHaveProperty('holdDays');
    expect(freed.body).not.toHaveProperty('validUntil');
    const { rows } = await api.pool.query(
      `select version, disposition, hold_days, recorded_by ~ '^administrator:' as by_administrator from service_rule
       where service = 'PLN-01' order by version`,
    );
    expect(rows).toEqual([
      { version: 1, disposition: 'REVIEW', hold_days: null, by_administrator: false },
      { version: 2, disposition: 'NOTIFY', hold_days: 5, by_administrator: true },
      { version: 3, disposition: 'NOTIFY', hold_days: null, by_administrator: true },
    ]);
  });

  it('has its history: every version, the newest first, in pages; for courts and administrators', async () => {
    await change('SCI-01', { holdDays: 9 }, '"1"');
    await change('SCI-01', { enabled: false }, '"2"');
    const read = (query = '', token = judgeOf(COURT).token) => api.get(`/v1/services/SCI-01/history${query}`, token);
    const whole = (await read('', administrator().token)).body;
    expect(whole).not.toHaveProperty('next');
    expect(whole.items).toMatchObject([
      { code: 'SCI-01', version: 3, enabled: false, holdDays: 9, recordedBy: expect.stringMatching(/^administrator:/) },
      { version: 2, enabled: true, holdDays: 9 },
      { version: 1, enabled: true, recordedBy: 'catalogue', recordedAt: expect.any(String) },
    ]);
    const first = (await read('?limit=2')).body;
    expect(first.items).toEqual(whole.items.slice(0, 2));
    expect((await read(`?limit=2&cursor=${first.next}`)).body).toEqual({ items: whole.items.slice(2) });
    const foreign = await api.get(`/v1/services/HEA-01/history?cursor=${first.next}`, judgeOf(COURT).token);
    expect(foreign.status).toBe(422);
    expect((await api.get('/v1/services/NG-02/history', judgeOf(COURT).token)).body).toEqual({ items: [] });
    expect((await api.get('/v1/services/SCI-99/history', judgeOf(COURT).token)).status).toBe(404);
    expect((await read('', departmentOf('SCI').token)).status).toBe(404);
    expect((await api.get('/v1/services/SCI-01/history')).status).toBe(401);
  });

  it('is no new version when nothing changes', async () => {
    const same = await change('HOU-01', { enabled: (await service('HOU-01')).enabled }, '"1"');
    expect([same.status, same.headers.etag]).toEqual([200, '"1"']);
  });

  it('is changed only by who has seen it as it is; of two at once one wins', async () => {
    const without = await change('TOU-01', { enabled: false });
    expect([without.status, without.body.code]).toEqual([428, 'precondition-required']);
    const stale = await change('TOU-01', { enabled: false }, '"7"');
    expect([stale.status, stale.body.code]).toEqual([412, 'version-mismatch']);
    const both = await Promise.all([
      change('TOU-01', { holdDays: 3 }, '"1"'),
      change('TOU-01', { holdDays: 4 }, '"1"'),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  it('decides the comparisons that come after, also of a request that is repeated', async () => {
    const number = residentNumber('19620304');
    const opened = await api.post('/v1/cases', aCase({}, { identifiers: [{ type: 'resident-id', number }] }), {
      token: clerkOf(COURT).token,
    });
    await inTransaction(api.pool, (tx) => publish(tx, api.ring, opened.body.defaulters[0].id));
    const party = { ...parent(number), name: '封某全' };
    const asked = { service: 'AIC-01', reference: 'QY-77', party };
    const [token, key] = [departmentOf('AIC').token, randomUUID()];
    const ask = async () => (await api.post('/v1/comparisons', asked, { token, key })).body.outcome;
    expect(await ask()).toBe('INTERCEPT');
    await change('AIC-01', { disposition: 'NOTIFY' }, '"1"');
    expect(await ask()).toBe('NOTIFY');
    await change('AIC-01', { validUntil: addDays(today(), -1) }, '"2"');
    expect(await ask()).toBe('CLEAR');
    expect((await compare({ service: 'AIC-01', party }, 'AIC')).body.outcome).toBe('CLEAR');
  });

  it.each([
    ['NG-02', { enabled: true }, 422, '', 'never-gated'],
    ['EDU-02', {}, 422, '', 'nothing-changed'],
    ['EDU-02', { disposition: 'STOP' }, 422, '/disposition', 'invalid'],
    ['EDU-02', { enabled: 'yes' }, 422, '/enabled', 'invalid'],
    ['EDU-02', { holdDays: 0 }, 422, '/holdDays', 'out-of-range'],
    ['EDU-02', { holdDays: 366 }, 422, '/holdDays', 'out-of-range'],
    ['EDU-02', { holdDays: 1.5 }, 422, '/holdDays', 'invalid'],
    ['EDU-02', { validUntil: '2026-02-30' }, 422, '/validUntil', 'not-a-date'],
    ['EDU-02', { gatedBy: ['EXIT'] }, 422, '/gatedBy', 'unknown-member'],
    ['EDU-99', { enabled: true }, 404, undefined, undefined],
    ['edu-02', { enabled: true }, 404, undefined, undefined],
  ])('%s with %o is refused', async (code, body, status, pointer, word) => {
    expect(await complaint(change(code, body, '"1"'))).toEqual([status, pointer, word]);
  });

  it('is the administrator’s alone', async () => {
    for (const { token } of [clerkOf(COURT), judgeOf(COURT), supervisorOf('黔'), departmentOf('EDU')]) {
      expect((await change('EDU-01', { enabled: true }, '"1"', token)).status).toBe(404);
      expect((await keep('SCH-9901', aSchool, '"1"', token)).status).toBe(404);
    }
    expect((await change('EDU-01', { enabled: true }, '"1"', '')).status).toBe(401);
    expect(await service('EDU-01')).toMatchObject({ enabled: false, version: 1 });
  });
});

const aSchool = {
  name: { zh: '示例高收费民办中学丙（虚构）', en: 'Sample above-norm-fee middle school C (made up)' },
  enrolment: { from: today(), until: addDays(today(), 20) },
};

describe('the register of schools', () => {
  it('is open to all; a school is entered, changed and taken off by who has seen it as it is', async () => {
    const schools = async () => (await api.get('/v1/schools')).body.items;
    expect((await schools()).map((item: { code: string }) => item.code)).toEqual(['SCH-9901', 'SCH-9902']);
    const entered = await keep('SCH-9903', aSchool);
    expect([entered.status, entered.headers.etag]).toEqual([201, '"1"']);
    expect(entered.body).toEqual({ code: 'SCH-9903', listed: true, version: 1, ...aSchool });
    expect((await keep('SCH-9903', aSchool)).status).toBe(428);
    const off = await keep('SCH-9903', { ...aSchool, listed: false }, '"1"');
    expect([off.status, off.body.version, off.body.listed]).toEqual([200, 2, false]);
    expect((await keep('SCH-9903', aSchool, '"1"')).status).toBe(412);
    expect((await schools()).at(-1)).toEqual(off.body);
  });

  it.each([
    [{ name: undefined }, '/name', 'required'],
    [{ name: { zh: '某校', en: '' } }, '/name/en', 'required'],
    [{ listed: null }, '/listed', 'invalid'],
    [{ enrolment: { from: today() } }, '/enrolment/until', 'required'],
    [{ enrolment: { from: '2026-02-30', until: today() } }, '/enrolment/from', 'not-a-date'],
    [{ enrolment: { from: today(), until: addDays(today(), -1) } }, '/enrolment/until', 'enrolment-days'],
    [{ enrolment: { from: today(), until: addDays(today(), 93) } }, '/enrolment/until', 'enrolment-days'],
    [{ pupils: [] }, '/pupils', 'unknown-member'],
  ])('refuses %o', async (faulty, pointer, code) => {
    expect(await complaint(keep('SCH-9909', { ...aSchool, ...faulty }))).toEqual([422, pointer, code]);
  });
});

describe('a parent at enrolment (R6)', () => {
  const number = residentNumber('19780506');
  const business = { service: 'EDU-01', institution: 'SCH-9901', party: parent(number) };
  let defaulter: string;
  let caseId: string;
  beforeAll(async () => {
    const opened = await api.post('/v1/cases', aCase({}, parent(number)), { token: clerkOf(COURT).token });
    caseId = opened.body.id;
    defaulter = opened.body.defaulters[0].id;
    await inTransaction(api.pool, (tx) => publish(tx, api.ring, defaulter));
    await change('EDU-01', { enabled: true }, '"1"');
    await keep('SCH-9901', aSchool, '"1"');
  });

  it('is held only after the judge has confirmed it, and is told the public-school path', async () => {
    expect((await compare(business)).body.outcome).toBe('CLEAR');
    const confirmation = { type: 'confirm-service', service: 'EDU-01' };
    const made = await api.post(`/v1/cases/${caseId}/decisions`, confirmation, { token: judgeOf(COURT).token });
    expect(made.status).toBe(201);
    await inTransaction(api.pool, (tx) => tell(tx, api.ring, defaulter));
    const held = await compare(business);
    expect(held.body.outcome, held.text).toBe('REVIEW');
    expect(held.body.interceptions[0].howToEnd).toContain('公办学校');
    expect(held.body.interceptions[0].howToEnd).toContain('public school');
  });

  it.each([
    ['without its school', { institution: undefined }, '/institution', 'required'],
    ['with the pupil’s name', { pupil: '某生' }, '/pupil', 'unknown-member'],
    ['with a child beside the parent', { children: [{ name: '某生' }] }, '/children', 'unknown-member'],
    [
      'with the school class in the party',
      { party: { ...parent(number), child: '某生' } },
      '/party/child',
      'unknown-member',
    ],
    [
      'for the child itself',
      { party: parent(residentNumber('20140903')) },
      '/party/identifiers/0/number',
      'child-data',
    ],
  ])('is refused %s', async (_what, faulty, pointer, code) => {
    const answer = await compare({ ...business, ...faulty });
    expect([answer.status, answer.body.errors[0]]).toEqual([422, { pointer, code, detail: expect.any(String) }]);
    expect(answer.text).not.toContain('某生');
  });

  it('in a batch, too: the school is named item by item', async () => {
    const items = [
      { key: 'a', ...business, reference: 'RX-1' },
      { key: 'b', ...business, reference: 'RX-2', institution: 'SCH-0000' },
      { key: 'c', service: 'EDU-01', reference: 'RX-3', party: business.party },
    ];
    const answer = await api.post('/v1/comparisons/batch', { items }, { token: departmentOf('EDU').token });
    expect(answer.body.items).toMatchObject([
      { key: 'a', outcome: 'REVIEW' },
      { key: 'b', outcome: 'CLEAR', interceptions: [] },
      { key: 'c', problem: { code: 'invalid', errors: [{ code: 'required' }] } },
    ]);
  });
});

describe('catalogues', () => {
  it.each(['/v1/services', '/v1/departments', '/v1/courts', '/v1/schools'])(
    '%s is answered 304 to who has it already, and anew once it has changed',
    async (path) => {
      const first = await api.get(path);
      expect(first.headers.etag).toMatch(/^"[\w-]{43}"$/);
      expect(first.headers['cache-control']).toBe('no-cache');
      for (const known of [first.headers.etag ?? '', `W/${first.headers.etag}`, `"other", ${first.headers.etag}`]) {
        const again = await api.get(path).set('If-None-Match', known);
        expect([again.status, again.text, again.headers.etag]).toEqual([304, '', first.headers.etag]);
      }
      expect((await api.get(path).set('If-None-Match', '"other"')).status).toBe(200);
      expect((await api.get(`${path}?limit=1`).set('If-None-Match', first.headers.etag ?? '')).status).toBe(200);
    },
  );

  it('a change of a row changes the list’s ETag', async () => {
    const { etag } = (await api.get('/v1/services')).headers;
    const { version } = await service('COM-01');
    await change('COM-01', { holdDays: 9 }, `"${version}"`);
    expect((await api.get('/v1/services').set('If-None-Match', etag ?? '')).status).toBe(200);
  });
});
