import type { Entry } from '../../index.js';
import { describeEntry, describePath, formatColumns } from '../format.js';
import { directoryPath, plainPath } from '../paths.js';
import type { Session } from '../session.js';

export interface LsOptions {
	readonly long?: true;
	readonly recursive?: true;
	readonly unsorted?: true;
}

/** Lists what is in a directory, or the one file that the path names. Paths are shown as other commands take them. */
export async function ls(session: Session, path: string, options: LsOptions): Promise<void> {
	const { op, output, signal } = session;
	const metadata = await op.stat(path, { signal });
	if (!metadata.isDirectory()) {
		const plain = plainPath(path);
		if (output.isJson) return await output.json(describePath(plain, metadata));
		const columns = options.long ? `${formatColumns(metadata)}  ` : '';
		return await output.line(columns + output.path(plain));
	}
	const directory = directoryPath(path);
	const listing = { recursive: options.recursive === true, signal };
	const entries = options.unsorted ? await op.lister(directory, listing) : await op.list(directory, listing);
	for await (const entry of entries) {
		// A listing begins with the directory itself.
		if (entry.path() !== directory) await show(session, entry, options);
	}
}

async function show({ output }: Session, entry: Entry, options: LsOptions): Promise<void> {
	if (output.isJson) return await output.json(describeEntry(entry));
	const columns = options.long ? `${formatColumns(entry.metadata())}  ` : '';
	await output.line(columns + output.path(entry.path()));
}
