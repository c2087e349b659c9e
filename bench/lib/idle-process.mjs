// One sample of `idle.mjs`: `node idle-process.mjs bare|holdfast ROOT` prints what this process costs while it does nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { residentMib } from './usage.mjs';

const IDLE_MS = 10_000;
/** A lane that is idle for this long has ended its threads, and Node has given back what it gives back. */
const SETTLE_MS = 6000;
const WRITES = 1000;

const [side, root] = process.argv.slice(2);
const sample = {};
if (side === 'holdfast') {
	// What loading the package takes is not the pool's; the first answer counts from `new`.
	const { Operator } = await import('holdfast');
	const started = process.hrtime.bigint();
	const op = new Operator('fs', { root, workers: 1 });
	await op.exists('x');
	sample.firstMs = Number(process.hrtime.bigint() - started) / 1e6;
	const writes = Array.from({ length: WRITES }, (_, index) => op.write(`f${index % 10}`, 'x', { durability: 'none' }));
	await Promise.all(writes);
	sample.op = op;
}
await sleep(SETTLE_MS);
globalThis.gc();
const before = process.cpuUsage();
await sleep(IDLE_MS);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ firstMs: sample.firstMs, idleCpuMs: (user + system) / 1000, residentMib: residentMib() }));
await sample.op?.close();
