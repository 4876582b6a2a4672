import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { freePort } from '../../local/machine/ports.js';

export interface ReceivedMail {
  from: string;
  to: string[];
  /** As it came over the wire. */
  source: string;
}

/** A real mail server on loopback, which may refuse, hang, or be away and come back at the same address. */
export class Mailbox {
  readonly received: ReceivedMail[] = [];
  /** Answers recipients with this reply code instead of taking the mail. */
  refusing: ((address: string) => number | undefined) | undefined;
  /** Says nothing after DATA. */
  hanging = false;
  attempts = 0;
  private server: SMTPServer | undefined;

  private constructor(private readonly port: number) {}

  static async open(): Promise<Mailbox> {
    const mailbox = new Mailbox(await freePort());
    await mailbox.start();
    return mailbox;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      closeTimeout: 100,
      logger: false,
      onRcptTo: ({ address }, _session, callback) => {
        this.attempts += 1;
        const code = this.refusing?.(address);
        callback(code === undefined ? null : Object.assign(new Error('refused'), { responseCode: code }));
      },
      onData: (stream, { envelope }, callback) => {
        void text(stream).then((source) => {
          if (this.hanging) return;
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          this.received.push({ from, to: envelope.rcptTo.map(({ address }) => address), source });
          callback(null);
        });
      },
    });
    server.on('error', () => undefined);
    server.listen(this.port, '127.0.0.1');
    await once(server.server, 'listening');
    this.server = server;
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server) await new Promise<void>((resolve) => server.close(resolve));
  }
}
