import type { ActorKind, AuditEventType } from './audit-event.ts';
import type { FeedPlace } from './feed.ts';

/** What the feed says of an audit event: ids and closed words alone, no names and no free text. Instants are ISO 8601 UTC. */
export interface FeedEvent {
  place: FeedPlace;
  type: AuditEventType;
  occurredAt: string;
  actor: { kind: ActorKind; id: string };
  subject: { kind: string; id: string };
  organizationId: string | null;
  holderOrganizationId: string | null;
  requestId: string | null;
  grantId: string | null;
  policyVersion: string | null;
  commitment: string;
}

/** An event as CloudEvents 1.0.2 has it (section 3.1), as it leaves by the feed and by webhooks. */
export interface CloudEvent {
  specversion: '1.0';
  id: string;
  source: string;
  type: CloudEventType;
  subject: string;
  time: string;
  datacontenttype: 'application/json';
  dataschema: string;
  data: {
    actor: FeedEvent['actor'];
    subject: FeedEvent['subject'];
    organization_id: string | null;
    holder_organization_id: string | null;
    request_id: string | null;
    grant_id: string | null;
    policy_version: string | null;
    commitment: string;
  };
}

export type CloudEventType = `tenure.${AuditEventType}.v1`;

/** An audit event's type with the version of what is said of it. */
export function cloudEventType(type: AuditEventType): CloudEventType {
  return `tenure.${type}.v1`;
}

/** Where the schema of an event's data is published. */
export const eventSchemaPath = '/v1/feed/schemas/event-v1';

/** The event of an audit event; the same whenever and by whichever way it is told. */
export function cloudEventOf(publicUrl: string, event: FeedEvent): CloudEvent {
  return {
    specversion: '1.0',
    id: event.place.id,
    source: publicUrl,
    type: cloudEventType(event.type),
    subject: `${event.subject.kind}/${event.subject.id}`,
    time: event.occurredAt,
    datacontenttype: 'application/json',
    dataschema: new URL(eventSchemaPath, publicUrl).href,
    data: {
      actor: event.actor,
      subject: event.subject,
      organization_id: event.organizationId,
      holder_organization_id: event.holderOrganizationId,
      request_id: event.requestId,
      grant_id: event.grantId,
      policy_version: event.policyVersion,
      commitment: event.commitment,
    },
  };
}
