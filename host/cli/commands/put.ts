import { statSync } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { storeFile, storeStream } from '../../import/store-file.js';
import { UsageError } from '../failure.js';
import { describePath } from '../format.js';
import { plainPath, targetPath } from '../paths.js';
import type { Session } from '../session.js';

export interface PutOptions {
	readonly append?: true;
	/** False for `--no-clobber`. */
	readonly clobber: boolean;
}

/** Stores a file of this machine, or standard input. */
export async function put(session: Session, local: string, path: string, options: PutOptions): Promise<void> {
	const { op, output, signal } = session;
	const write = { append: options.append === true, ifNotExists: !options.clobber, signal };
	const target = targetPath(local === '-' ? '' : local, path);
	const metadata =
		local === '-'
			? await storeStream(op, addAbortSignal(signal, process.stdin), target, write)
			: await storeFile(op, local, sizeOf(local), target, write);
	if (output.isJson) await output.json(describePath(plainPath(target), metadata));
}

function sizeOf(local: string): number {
	const stat = statSync(local);
	if (stat.isDirectory()) throw new UsageError(`'${local}' is a directory; import stores a whole tree`);
	// A pipe or a device does not say how much will come: it goes in pieces.
	return stat.isFile() ? stat.size : Number.POSITIVE_INFINITY;
}
