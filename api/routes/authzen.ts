import { z } from '@hono/zod-openapi';
import { type Context, Hono } from 'hono';
import { TenureError } from '../../domain/errors.ts';
import { answered, bodyOf, checked, jsonOf, refused } from '../authzen/answer.ts';
import { Answer, createEvaluator, type Evaluator } from '../authzen/evaluate.ts';
import { defaultPace } from '../authzen/follower.ts';
import { type Question, semantics, severalShape, singleShape } from '../authzen/question.ts';
import { createServices, type Services } from '../authzen/services.ts';
import { answerSeveral } from '../authzen/several.ts';
import { createWorkingSet } from '../authzen/working-set.ts';
import type { ApiDeps } from '../deps.ts';
import type { ApiEnv } from '../env.ts';
import { defaultPatience } from '../guards/deadline.ts';
import { createRateLimiter, type RateLimit } from '../guards/rate-limit.ts';
import type { Metrics } from '../metrics.ts';
import { faultOf } from '../problem.ts';
import { type Api, declare, plainProblems, problemsOf } from '../route.ts';
import { authzenExamples as examples } from '../schemas/examples/authzen.ts';

/** An application asks once or more for every page of its own. */
const defaultServiceLimit: RateLimit = { burst: 20_000, perSecond: 10_000 };
const tags = ['AuthZEN'];
const json = 'application/json';

const answerShape = z
  .object({ decision: z.boolean(), context: z.record(z.string(), z.unknown()) })
  .openapi('Evaluation', { example: examples.answer });
const refusals = problemsOf('malformed-json', 'malformed-parameter', 'unauthenticated', 'payload-too-large');

const evaluation = declare({
  method: 'post',
  path: '/access/v1/evaluation',
  operationId: 'evaluate',
  summary: 'May this subject do this action on this resource now?',
  description:
    'AuthZEN Authorization API 1.0, section 6. A no is a `200` with `decision: false`. `context` says why, by which grant, until when at the latest, and as of when. With `options.exact` the ledger is asked; else an answer is at most a second old, and never past an end.',
  rule: 'service',
  reads: 'bytes',
  tags,
  request: {
    body: {
      content: { [json]: { schema: singleShape.openapi({ example: examples.question }) } },
      required: true,
    },
  },
  responses: { 200: { description: 'Yes or no', content: { [json]: { schema: answerShape } } }, ...refusals },
});

const evaluations = declare({
  method: 'post',
  path: '/access/v1/evaluations',
  operationId: 'evaluateSeveral',
  summary: 'Several questions at once',
  description: `AuthZEN Authorization API 1.0, section 7. What a question leaves out is taken from the whole; \`options.evaluations_semantic\` is one of ${semantics.map((one) => `\`${one}\``).join(', ')}. Without \`evaluations\` it is one question, and is answered as one.`,
  rule: 'service',
  reads: 'bytes',
  tags,
  request: {
    body: {
      content: { [json]: { schema: severalShape.openapi({ example: examples.questions }) } },
      required: true,
    },
  },
  responses: {
    200: {
      description: 'Yes or no to each, in their order',
      content: { [json]: { schema: z.object({ evaluations: z.array(answerShape) }) } },
    },
    ...refusals,
  },
});

const configuration = declare({
  method: 'get',
  path: '/.well-known/authzen-configuration',
  operationId: 'authzenConfiguration',
  summary: 'Where questions are asked',
  description: 'AuthZEN Authorization API 1.0, section 9.',
  rule: 'public',
  tags,
  responses: {
    200: {
      description: 'The addresses',
      content: {
        [json]: { schema: z.record(z.string(), z.string()).openapi({ example: examples.configuration }) },
      },
    },
    ...plainProblems,
  },
});

/** What the answering of questions needs. */
interface Desk {
  deps: ApiDeps;
  metrics: Metrics;
  services: Services;
  evaluator: Evaluator;
  rate: ReturnType<typeof createRateLimiter>;
}

/** The AuthZEN Authorization API 1.0, for applications of the vendor's. */
export function authzenRoutes(app: Api, deps: ApiDeps, metrics: Metrics): void {
  const set = createWorkingSet(deps.ledger, deps.following ?? defaultPace);
  deps.stopping?.addEventListener('abort', () => set.close());
  const desk: Desk = {
    deps,
    metrics,
    services: createServices(deps.ledger),
    evaluator: createEvaluator(set, { mayUse: deps.using.mayUse, sight: deps.using.useSight }),
    rate: createRateLimiter(deps.serviceLimit ?? defaultServiceLimit),
  };
  // Their bodies are read here, so that what is wrong with one is answered as the standard says.
  for (const route of [evaluation, evaluations]) app.openAPIRegistry.registerPath(route);
  const questions = new Hono<ApiEnv>();
  for (const one of [app, questions]) {
    one.post(evaluation.path, (c) => answering(desk, c, evaluateOne));
    one.post(evaluations.path, (c) => answering(desk, c, evaluateSeveral));
  }
  goPast(app, questions);
  app.openapi(configuration, (c) => c.json(configurationOf(deps.publicUrl), 200));
}

/** Questions are many, and nothing that holds for people's pages holds for them: they need not be looked up among all routes. */
function goPast(app: Api, questions: Hono<ApiEnv>): void {
  const everything = app.fetch;
  app.fetch = (request, ...rest) =>
    request.method === 'POST' && isQuestion(request.url)
      ? questions.fetch(request, ...rest)
      : everything(request, ...rest);
}

/** Whether an address is one of the two, with whatever it asks for. */
function isQuestion(url: string): boolean {
  const path = url.indexOf('/', 'https://'.length);
  return [evaluation.path, evaluations.path].some((one) => {
    const end = path + one.length;
    return url.startsWith(one, path) && (url.length === end || url[end] === '?');
  });
}

/** Answers what was asked: at once, or when the ledger has. */
type Work = (desk: Desk, asked: unknown) => Answer | Promise<Answer | { evaluations: unknown[] }>;

async function answering(desk: Desk, c: Context<ApiEnv>, work: Work): Promise<Response> {
  try {
    const authorization = c.req.header('authorization');
    const { services } = desk;
    const service = services.recall(authorization) ?? (await inTime(desk, services.find(authorization)));
    desk.rate.take(service.tokenId);
    const answer = work(desk, jsonOf(await bodyOf(c)));
    const settled = answer instanceof Promise ? await answer : answer;
    return answered(c, settled instanceof Answer ? settled.text : JSON.stringify(settled));
  } catch (error) {
    desk.metrics.evaluated('refused');
    const response = refused(c, error);
    if (response.status === 500) desk.deps.onFault?.(faultOf(error, `POST ${c.req.path}`));
    return response;
  }
}

function evaluateOne(desk: Desk, asked: unknown): Answer | Promise<Answer> {
  const question = checked(singleShape, asked);
  return evaluate(desk, question, question.options?.exact === true);
}

function evaluateSeveral(desk: Desk, asked: unknown): ReturnType<Work> {
  const several = checked(severalShape, asked);
  const exact = several.options?.exact === true;
  // Section 7.1: as if the one question had been asked at the other address.
  if (!several.evaluations?.length) return evaluateOne(desk, asked);
  return answerSeveral(several, (question) => evaluate(desk, question, exact));
}

function evaluate(desk: Desk, question: Question, exact: boolean): Answer | Promise<Answer> {
  const answer = exact ? null : desk.evaluator.recall(question);
  desk.metrics.evaluated(answer ? 'memory' : 'ledger');
  return answer ?? inTime(desk, desk.evaluator.read(question, exact));
}

/** What has no answer in time has none: a guess would be worse. */
async function inTime<T>({ deps }: Desk, answer: Promise<T>): Promise<T> {
  const { answerMs } = deps.patience ?? defaultPatience;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const refuse = () =>
      reject(new TenureError('ledger-unavailable', 'It has not answered in time. Try again shortly.'));
    timer = setTimeout(refuse, answerMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function configurationOf(publicUrl: string): Record<string, string> {
  return {
    policy_decision_point: publicUrl,
    access_evaluation_endpoint: `${publicUrl}${evaluation.path}`,
    access_evaluations_endpoint: `${publicUrl}${evaluations.path}`,
  };
}
