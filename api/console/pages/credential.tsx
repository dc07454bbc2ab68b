import type { FC } from 'hono/jsx';
import type { Credential } from '../../operations/show-credential.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Time } from '../components/time.tsx';
import type { AccessRequest } from '../request-words.ts';
import { nameOf } from '../request-words.ts';

type Props = { frame: Frame; request: AccessRequest; credential: Outside<Credential> };

/** A credential, once. It stands in this answer alone: no address leads back to it. */
export const CredentialPage: FC<Props> = ({ frame, request, credential }) => (
  <ConsolePage
    frame={frame}
    title="Copy it now"
    lead={
      <>
        For {nameOf(request.resource)}. It works until <Time at={credential.valid_until} />.{' '}
        <span data-closes>It is shown this once.</span>
      </>
    }
    current="/"
    scripts={['credential.js']}
  >
    <div class="panel narrow stack" data-close-to={`/requests/${request.reference}`}>
      <dl class="facts envelope">
        <dt>User</dt>
        <dd>
          <code>{credential.username}</code>
        </dd>
        <dt>Password</dt>
        <dd>
          <code data-copied="password">{credential.password}</code>
        </dd>
        <dt>Host</dt>
        <dd>
          <code>{`${credential.host}:${credential.port}`}</code>
        </dd>
        <dt>Database</dt>
        <dd>
          <code>{credential.database}</code>
        </dd>
        <dt>URL</dt>
        <dd>
          <code data-copied="url">{credential.url}</code>
        </dd>
      </dl>
      <div class="acts">
        <button type="button" class="main-action" data-copy="password" hidden>
          Copy password
        </button>
        <button type="button" data-copy="url" hidden>
          Copy as URL
        </button>
        <a class="button" href={`/requests/${request.reference}`}>
          I’ve saved it, close
        </a>
      </div>
      <p class="unseen" role="status" data-said />
    </div>
  </ConsolePage>
);
