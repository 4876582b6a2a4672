/** The floor of a comparison: Express answers a POST with a word. Environment: PORT. Sends `ready` over IPC. */
import express from 'express';

const app = express();
app.post('/hello', (_req, res) => void res.send('Hello World!'));
app.listen(Number(process.env.PORT), '127.0.0.1', () => process.send?.('ready'));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit());
process.on('disconnect', () => process.exit());
