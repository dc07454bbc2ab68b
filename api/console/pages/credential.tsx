import type { FC } from 'hono/jsx';
import type { Credential } from '../../operations/show-credential.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Time } from '../components/time.tsx';
import type { AccessRequest } from '../request-words.ts';
import { nameOf } from '../request-words.ts';
import { texts } from '../texts/credential.ts';

type Props = { frame: Frame; request: AccessRequest; credential: Outside<Credential> };

/** A credential, once. It stands in this answer alone: no address leads back to it. */
export const CredentialPage: FC<Props> = ({ frame, request, credential }) => (
  <ConsolePage
    frame={frame}
    title={texts.title}
    lead={
      <>
        {texts.worksUntil(nameOf(request.resource))} <Time at={credential.valid_until} />.{' '}
        <span data-closes>{texts.once}</span>
      </>
    }
    current="/"
    scripts={['credential.js']}
  >
    <div class="panel narrow stack" data-close-to={`/requests/${request.reference}`}>
      <dl class="facts envelope">
        <dt>{texts.user}</dt>
        <dd>
          <code>{credential.username}</code>
        </dd>
        <dt>{texts.password}</dt>
        <dd>
          <code data-copied="password">{credential.password}</code>
        </dd>
        <dt>{texts.host}</dt>
        <dd>
          <code>{`${credential.host}:${credential.port}`}</code>
        </dd>
        <dt>{texts.database}</dt>
        <dd>
          <code>{credential.database}</code>
        </dd>
        <dt>{texts.url}</dt>
        <dd>
          <code data-copied="url">{credential.url}</code>
        </dd>
      </dl>
      <div class="acts">
        <button type="button" class="main-action" data-copy="password" hidden>
          {texts.copyPassword}
        </button>
        <button type="button" data-copy="url" hidden>
          {texts.copyUrl}
        </button>
        <a class="button" href={`/requests/${request.reference}`}>
          {texts.saved}
        </a>
      </div>
      <p class="unseen" role="status" data-said />
    </div>
  </ConsolePage>
);
