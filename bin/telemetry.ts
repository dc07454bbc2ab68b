import { context, propagation, type SpanContext, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, NoopSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry-v2';

export interface Telemetry {
  /** For every Temporal client and worker, also while nothing is exported: adding it later would break replay. */
  plugin: OpenTelemetryPlugin;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** One trace from the HTTP request to the connector (W3C Trace Context). Exports by OTLP only when the environment says where to. */
export function startTelemetry(service: string, isExporting: boolean): Telemetry {
  const resource = resourceFromAttributes({ 'service.name': `tenure-${service}` });
  const spanProcessor = isExporting
    ? new BatchSpanProcessor(new OTLPTraceExporter())
    : new NoopSpanProcessor();
  if (isExporting) {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(new BasicTracerProvider({ resource, spanProcessors: [spanProcessor] }));
  }
  return {
    plugin: new OpenTelemetryPlugin({ resource, spanProcessor }),
    close: () => spanProcessor.shutdown(),
  };
}

/** The current span as a `traceparent`, for an outbox row; null outside a trace. */
export function currentTraceparent(): string | null {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier['traceparent'] ?? null;
}

/** Runs the work as a part of the trace that an outbox row carries. */
export function withTraceparent<T>(traceparent: string | null, work: () => Promise<T>): Promise<T> {
  const parent: SpanContext | undefined = traceparent
    ? trace.getSpanContext(propagation.extract(context.active(), { traceparent }))
    : undefined;
  return parent ? context.with(trace.setSpanContext(context.active(), parent), work) : work();
}
