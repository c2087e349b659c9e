import { HoldfastError, type Metadata } from '../../index.js';
import { UsageError } from '../failure.js';
import { directoryPath, plainPath } from '../paths.js';
import type { Session } from '../session.js';

export interface RmOptions {
	readonly recursive?: true;
	readonly force?: true;
}

/** Removes files, and with `recursive` directories. The first that fails ends it. */
export async function rm(session: Session, paths: readonly string[], options: RmOptions): Promise<void> {
	if (paths.some((path) => plainPath(path) === '')) {
		throw new UsageError('rm does not empty the root; name what is in it');
	}
	const removed: string[] = [];
	for (const path of paths) {
		const shown = await remove(session, path, options);
		if (shown !== undefined) removed.push(shown);
	}
	if (session.output.isJson) await session.output.json({ removed });
}

/** What was removed; `undefined` when nothing was there. */
async function remove({ op, signal }: Session, path: string, options: RmOptions): Promise<string | undefined> {
	let metadata: Metadata;
	try {
		metadata = await op.stat(path, { signal });
	} catch (error) {
		if (options.force && error instanceof HoldfastError && error.code === 'NotFound') return undefined;
		throw error;
	}
	if (!metadata.isDirectory()) {
		await op.delete(path, { signal });
		return plainPath(path);
	}
	if (!options.recursive) {
		throw new HoldfastError('IsADirectory', 'rm -r removes a directory with all that is in it', { path });
	}
	const directory = directoryPath(path);
	await op.delete(directory, { recursive: true, signal });
	return directory;
}
