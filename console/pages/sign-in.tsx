import type { JSX } from 'preact';
import { Layout } from '../parts/layout.js';
import { paths } from '../paths.js';
import type { Text } from '../text/index.js';
import type { Visit } from '../visit.js';

interface SignInProps {
  visit: Visit;
  /** Where to go afterwards. */
  next: string;
  refused?: keyof Text['signIn']['refused'];
}

export function SignInPage({ visit, next, refused }: SignInProps): JSX.Element {
  const { signIn } = visit.text;
  return (
    <Layout visit={visit} title={signIn.title} kind="narrow">
      <section class="panel sign-in">
        <h1>{signIn.title}</h1>
        <p>{signIn.intro}</p>
        {refused !== undefined && (
          <div class="error-summary" role="alert">
            <h2>{signIn.failed}</h2>
            <p>
              <a href="#token">{signIn.refused[refused]}</a>
            </p>
          </div>
        )}
        <form method="post" action={paths.signIn}>
          <input type="hidden" name="next" value={next} />
          <label for="token">{signIn.token}</label>
          <input
            id="token"
            name="token"
            type="password"
            autocomplete="current-password"
            spellcheck={false}
            required
            aria-describedby="token-hint"
            {...(refused === undefined ? {} : { 'aria-invalid': 'true' as const })}
          />
          <p id="token-hint" class="hint">
            {signIn.hint}
          </p>
          <button class="button" type="submit">
            {signIn.submit}
          </button>
        </form>
      </section>
    </Layout>
  );
}
