import { UsageError } from '../failure.js';
import type { Session } from '../session.js';
import { readStored } from '../transfer.js';

/** Writes the content of files to standard output, one behind the other. The first that fails ends it. */
export async function cat({ op, output, signal }: Session, paths: readonly string[]): Promise<void> {
	if (output.isJson) throw new UsageError('cat writes the bytes of files; leave --json out, or use stat');
	for (const path of paths) {
		for await (const piece of await readStored(op, path, signal)) await output.bytes(piece);
	}
}
