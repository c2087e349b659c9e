// Reads one file of a folder in one way, in chunks of a size if one is given, and prints how many bytes came, and the most memory that the process ever had, in MiB.
import { readFileSync } from 'node:fs';
import { Operator } from 'holdfast';

const [, , root, way, chunk] = process.argv;
const bytesAtOnce = chunk === undefined ? undefined : Number(chunk);
const op = new Operator('fs', { root });
const reader = await op.reader('large');
let bytes = 0;

if (way === 'leases') {
	for await (const lease of reader.leases()) {
		bytes += lease.bytes.length;
		lease.release();
	}
} else if (way === 'web') {
	for await (const piece of reader.readableWebStream({ chunkBytes: bytesAtOnce })) bytes += piece.length;
} else {
	for await (const piece of reader.createReadStream(bytesAtOnce && { highWaterMark: bytesAtOnce }))
		bytes += piece.length;
}
const [, peakKib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
console.log(JSON.stringify({ bytes, peakMib: Math.round(Number(peakKib) / 1024) }));
await op.close();
