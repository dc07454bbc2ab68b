import { execFile } from 'node:child_process';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { SMTPServer } from 'smtp-server';

/** What a mail server does with what it is sent. `hang`: it never says a word. */
export type SmtpBehaviour =
  | 'accept'
  | 'greylist'
  | 'unknown-user'
  | 'unwanted'
  | 'unwanted-sender'
  | 'lose-reply'
  | 'hang';

export interface ReceivedMail {
  /** As said in the conversation, not in the message. */
  from: string;
  to: string[];
  raw: Buffer;
}

/** A mail server of a test's own, on a free port of this machine. */
export interface EphemeralSmtp {
  url: string;
  port: number;
  received: ReceivedMail[];
  behaviour: SmtpBehaviour;
  /** Conversations that were begun. */
  conversations: number;
  /** Cuts every connection and stops listening; `start` comes back on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface SmtpOptions {
  host?: string;
  /** With a certificate that nobody signed. */
  starttls?: boolean;
  login?: { user: string; password: string };
}

/** Starts one. */
export async function ephemeralSmtp(options: SmtpOptions = {}): Promise<EphemeralSmtp> {
  const { host = '127.0.0.1', login } = options;
  const sockets = new Set<Socket>();
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  let server: SMTPServer;
  const smtp: EphemeralSmtp = {
    url: '',
    port: 0,
    received: [],
    behaviour: 'accept',
    conversations: 0,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      await closed;
    },
    start: () => listen(smtp.port),
  };

  async function listen(port: number): Promise<void> {
    server = new SMTPServer({
      authOptional: !login,
      disabledCommands: [...(login ? [] : ['AUTH']), ...(options.starttls ? [] : ['STARTTLS'])],
      allowInsecureAuth: true,
      closeTimeout: 100,
      logger: false,
      onAuth(auth, _session, done) {
        const isRight = auth.username === login?.user && auth.password === login?.password;
        if (isRight) done(null, { user: login?.user });
        else done(refusal(535, 'Authentication failed'));
      },
      onConnect(_session, done) {
        smtp.conversations += 1;
        if (smtp.behaviour !== 'hang') done();
      },
      onMailFrom(_address, _session, done) {
        done(smtp.behaviour === 'unwanted-sender' ? refusal(550, 'Not you') : null);
      },
      onRcptTo({ address }, _session, done) {
        if (smtp.behaviour === 'greylist') done(refusal(451, `${address}: come again`));
        else if (smtp.behaviour === 'unknown-user') done(refusal(550, `${address} is not known here`));
        else done();
      },
      onData(stream, session, done) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          if (smtp.behaviour === 'unwanted') return done(refusal(554, 'Not that'));
          const { mailFrom, rcptTo } = session.envelope;
          smtp.received.push({
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map(({ address }) => address),
            raw: Buffer.concat(chunks),
          });
          if (smtp.behaviour === 'lose-reply') cut();
          else done();
        });
      },
    });
    server.on('error', () => undefined);
    server.server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
    // A TCP server's address always has this form.
    smtp.port = (server.server.address() as AddressInfo).port;
    const credentials = login ? `${login.user}:${encodeURIComponent(login.password)}@` : '';
    smtp.url = `smtp://${credentials}${host}:${smtp.port}`;
  }

  await listen(0);
  return smtp;
}

function refusal(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}

/** A message as a reader that shares no code with us understands it. */
export interface ReadMail {
  /** Name and value, decoded, in order. */
  headers: [string, string][];
  text: string;
  html: string;
  /** Addresses in To. */
  to: { name: string; address: string }[];
  defects: string[];
}

const reader = fileURLToPath(new URL('read-mail.py', import.meta.url));

/** Reads a message with Python's own mail parser. */
export function readMail(raw: Buffer): Promise<ReadMail> {
  return new Promise((resolve, reject) => {
    const child = execFile('python3', [reader], (error, stdout) => {
      if (error) reject(error);
      // The script writes exactly this form.
      else resolve(JSON.parse(stdout) as ReadMail);
    });
    child.stdin?.end(raw);
  });
}
