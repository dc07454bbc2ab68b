const subject = { type: 'person', id: 'sam@northwind.example' };
const granted = {
  decision: true,
  context: {
    reason: 'granted',
    grant_id: 'grant_01kb3v5c2hf8jrxw7s9d0m4p6q',
    origin: 'request',
    until: '2026-11-23T12:00:00.000Z',
    as_of: '2026-11-23T10:02:11.204Z',
  },
};

export const authzenExamples = {
  question: { subject, action: { name: 'read' }, resource: { type: 'resource', id: 'globex-env' } },
  answer: granted,
  questions: {
    subject,
    resource: { type: 'resource', id: 'globex-env' },
    evaluations: [{ action: { name: 'read' } }, { action: { name: 'write' } }],
    options: { evaluations_semantic: 'execute_all' },
  },
  configuration: {
    policy_decision_point: 'https://tenure.northwind.example',
    access_evaluation_endpoint: 'https://tenure.northwind.example/access/v1/evaluation',
    access_evaluations_endpoint: 'https://tenure.northwind.example/access/v1/evaluations',
  },
};
