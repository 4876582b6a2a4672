import type { ComponentChildren, JSX } from 'preact';
import type { IdentityChain } from '../../registry/parties/identity-chain.js';
import { Layout } from '../parts/layout.js';
import { Reveal } from '../parts/reveal.js';
import { Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { paths } from '../paths.js';
import { day } from '../text/format.js';
import type { Visit } from '../visit.js';

interface PartProps {
  visit: Visit;
  chain: IdentityChain;
}

/** Who a party is: its numbers, what courts have tied to it, its cases, and the facts that say so. */
export function PartyPage({ visit, chain }: PartProps): JSX.Element {
  const words = visit.text.who.party;
  return (
    <Layout visit={visit} title={words.title} kind="list">
      <div class="page-head">
        <h1>{words.title}</h1>
        <p>
          <strong>{chain.name}</strong> <span class="muted">{words.kinds[chain.kind]}</span>
        </p>
      </div>
      <Reveal visit={visit} path={paths.partyOf(chain.subject)} masked={chain.masked} />
      <Part title={words.numbers}>
        <Numbers visit={visit} chain={chain} />
      </Part>
      <Part title={words.links}>
        <Links visit={visit} chain={chain} />
        {chain.sameParty.length > 1 && <p class="muted">{words.sameParty(chain.sameParty.length)}</p>}
      </Part>
      <Part title={words.listings}>
        <Listings visit={visit} chain={chain} />
      </Part>
      <Part title={words.facts}>
        <Facts visit={visit} chain={chain} />
      </Part>
    </Layout>
  );
}

const Part = ({ title, children }: { title: string; children: ComponentChildren }): JSX.Element => (
  <section class="panel">
    <div class="panel-head">
      <h2>{title}</h2>
    </div>
    {children}
  </section>
);

function validity({ text }: Visit, from: string | undefined, until: string | undefined): string {
  const { always, days } = text.who.party;
  return from === undefined && until === undefined ? always : days(from ?? '…', until ?? '…');
}

function Numbers({ visit, chain }: PartProps): JSX.Element {
  const words = visit.text.who.party;
  return (
    <Table label={words.numbers} columns={[words.type, words.number, words.valid, words.source]}>
      {chain.identifiers.map((one) => (
        <tr key={`${one.type} ${one.number} ${one.link}`}>
          <th scope="row">{visit.text.who.identifiers[one.type]}</th>
          <td class="id">{one.country ? `${one.country} ${one.number}` : one.number}</td>
          <td>{validity(visit, one.validFrom, one.validUntil)}</td>
          <td>
            {words.sources[one.source]}
            {one.revokedAt !== undefined && <span class="muted"> {words.revoked(day(one.revokedAt))}</span>}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Links({ visit, chain }: PartProps): JSX.Element {
  const { relations, party: words } = visit.text.who;
  if (chain.links.length === 0) return <p class="empty">{words.noLinks}</p>;
  const columns = [words.relation, words.otherEnd, words.valid, words.evidence, words.court, words.made];
  return (
    <Table label={words.links} columns={columns}>
      {chain.links.map((link) => {
        const far = link.from === chain.subject ? link.to : link.from;
        return (
          <tr key={link.id}>
            <th scope="row">{relations[link.relation]}</th>
            <td>
              {far === undefined ? (
                <span class="id">{[link.department, link.reference].filter(Boolean).join(' ') || '—'}</span>
              ) : (
                <a href={paths.partyOf(far)}>{link.name ?? far}</a>
              )}
            </td>
            <td>{validity(visit, link.validFrom, link.validUntil)}</td>
            <td>
              <code class="fingerprint">{link.evidence}</code>
            </td>
            <td>{link.court}</td>
            <td>
              <Time at={link.madeAt} form="full" />
              {link.revokedAt !== undefined && <span class="muted"> {words.revoked(day(link.revokedAt))}</span>}
            </td>
          </tr>
        );
      })}
    </Table>
  );
}

function Listings({ visit, chain }: PartProps): JSX.Element {
  const { text, language } = visit;
  const words = text.who.party;
  if (chain.listings.length === 0) return <p class="empty">{words.noListings}</p>;
  return (
    <Table label={words.listings} columns={[text.cases.number, words.court, words.role, words.measures]}>
      {chain.listings.map((listing) => (
        <tr key={`${listing.defaulter} ${listing.role}`}>
          <th scope="row" lang="zh-CN">
            {listing.case}
          </th>
          <td>{listing.court}</td>
          <td>{words.roles[listing.role]}</td>
          <td>
            {listing.measures.map((measure) => text.measures[measure]).join(language === 'en' ? ', ' : '、') ||
              words.noMeasures}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Facts({ visit, chain }: PartProps): JSX.Element {
  const words = visit.text.who.party;
  if (chain.facts.length === 0) return <p class="empty">{words.noFacts}</p>;
  return (
    <Table
      label={words.facts}
      columns={[
        visit.text.certificate.columns.seq,
        visit.text.certificate.columns.at,
        words.fact,
        words.by,
        words.leaf,
      ]}
    >
      {chain.facts.map(({ seq, type, at, by, leaf }) => (
        <tr key={seq}>
          <td>{seq}</td>
          <td>
            <Time at={at} form="full" />
          </td>
          <td>{words.factTypes[type]}</td>
          <td class="id">{by}</td>
          <td>
            <code class="fingerprint">{leaf}</code>
          </td>
        </tr>
      ))}
    </Table>
  );
}
