import type { FC } from 'hono/jsx';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Section } from '../components/row.tsx';
import { personPage } from '../links.ts';
import { requestListTexts } from '../texts/requests.ts';

const texts = requestListTexts.more;

/** On a phone: the places that are no tabs, and one's own. */
export const MorePage: FC<{ frame: Frame; me: string }> = ({ frame, me }) => {
  const own = [
    { href: personPage(me), label: texts.you },
    { href: '/account', label: texts.account },
  ];
  const places = frame.places.filter(({ isTab }) => !isTab);
  return (
    <ConsolePage frame={frame} title={texts.title} lead={texts.lead(frame.name)} current="/more">
      <Section id="places" title={texts.places}>
        <ul class="places">
          {[...places, ...own].map(({ href, label }) => (
            <li>
              <a href={href}>{label}</a>
            </li>
          ))}
        </ul>
      </Section>
    </ConsolePage>
  );
};
