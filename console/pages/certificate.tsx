import type { JSX } from 'preact';
import type { CaseCertificate } from '../../registry/views/certificates.js';
import { Layout } from '../parts/layout.js';
import { Time } from '../parts/time.js';
import { paths, withQuery } from '../paths.js';
import type { Visit } from '../visit.js';

/** The certificate of a case's timeline, for a file or a printer: every fact with its fingerprint, and the checkpoint that covers them. */
export function CertificatePage({ visit, certificate }: { visit: Visit; certificate: CaseCertificate }): JSX.Element {
  const { text } = visit;
  const words = text.certificate;
  const { id, caseNumber, court } = certificate.case;
  return (
    <Layout visit={visit} title={`${words.title} ${caseNumber}`} kind="case">
      <section class="panel certificate">
        <h1>{words.title}</h1>
        <p>
          <a href={paths.caseOf(id)} lang="zh-CN">
            {words.of(caseNumber)}
          </a>
        </p>
        <dl class="certificate-head">
          <dt>{words.court}</dt>
          <dd>{court}</dd>
          <dt>{words.issued}</dt>
          <dd>
            <Time at={certificate.issuedAt} form="full" />
          </dd>
          <dt>{words.state}</dt>
          <dd>{certificate.isWitnessed ? words.witnessed : words.notWitnessed}</dd>
        </dl>
        <p>{words.explanation}</p>
        <p class="actions">
          <a href={withQuery(paths.certificateOf(id), { format: 'json' })} download>
            {words.download}
          </a>
        </p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1) */}
        <section class="scroll" aria-label={words.title} tabIndex={0}>
          <table class="grid">
            <thead>
              <tr>
                {Object.values(words.columns).map((column) => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {certificate.facts.map((fact) => (
                <tr key={fact.seq}>
                  <td>{fact.seq}</td>
                  <td>{text.facts[fact.type]}</td>
                  <td>
                    <Time at={fact.at} form="full" />
                  </td>
                  <td>{fact.index ?? words.pending}</td>
                  <td>
                    <code class="fingerprint">{fact.leafHash}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        <h2>{words.checkpoint}</h2>
        {certificate.checkpoint === undefined ? (
          <p class="muted">{words.empty}</p>
        ) : (
          <pre class="checkpoint">{certificate.checkpoint}</pre>
        )}
      </section>
    </Layout>
  );
}
