import { createWriteStream, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { storeStream } from '../../import/store-file.js';
import { HoldfastError, Operator } from '../../index.js';
import { describePath } from '../format.js';
import { lastName, plainPath } from '../paths.js';
import type { Session } from '../session.js';
import { readStored } from '../transfer.js';
import { cat } from './cat.js';

/** Copies a stored file to this machine, or to standard output. */
export async function get(session: Session, path: string, local: string): Promise<void> {
	if (local === '-') return await cat(session, [path]);
	const { op, output, signal } = session;
	const metadata = await op.stat(path, { signal });
	if (metadata.isDirectory()) throw new HoldfastError('IsADirectory', 'get copies one file at a time', { path });
	const content = await readStored(op, path, signal);
	const found = statSync(local, { throwIfNoEntry: false });
	const target = found?.isDirectory() || local.endsWith('/') ? join(local, lastName(path)) : local;
	if (isSpecial(found)) await pipeline(content, createWriteStream(target), { signal });
	else await replaceFile(session, content, target);
	if (output.isJson) await output.json({ ...describePath(plainPath(path), metadata), local: target });
}

/** Another store around the local file: so it is replaced as a whole or stays as it was, and Ctrl-C leaves nothing behind. */
async function replaceFile(session: Session, content: AsyncIterable<Uint8Array>, target: string): Promise<void> {
	// A link is not replaced: what it leads to is.
	const file = statSync(target, { throwIfNoEntry: false }) === undefined ? target : realpathSync(target);
	const { workers, durability } = session.options;
	await using directory = new Operator('fs', { root: dirname(file), workers, durability });
	await storeStream(directory, content, basename(file), { signal: session.signal });
}

/** A device or a pipe: it is written into and not replaced. */
function isSpecial(stat: Stats | undefined): boolean {
	return stat !== undefined && !stat.isFile() && !stat.isDirectory();
}
