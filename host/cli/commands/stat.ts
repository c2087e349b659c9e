import { describePath, formatBytes } from '../format.js';
import { plainPath } from '../paths.js';
import type { Session } from '../session.js';

const LABEL_COLUMNS = 10;

/** Shows what is known about a path. */
export async function stat({ op, output, signal }: Session, path: string): Promise<void> {
	const metadata = await op.stat(path, { signal });
	const shown = metadata.isDirectory() ? `${plainPath(path)}/` : plainPath(path);
	const description = describePath(shown, metadata);
	if (output.isJson) return await output.json(description);
	const size = Number(metadata.contentLength);
	const lines = {
		path: output.path(shown),
		kind: String(description.mode),
		size: metadata.isDirectory() ? '-' : size < 1000 ? `${size} B` : `${size} B (${formatBytes(size)})`,
		modified: metadata.lastModified,
		etag: metadata.etag ?? '-',
	};
	for (const [label, value] of Object.entries(lines)) await output.line(label.padEnd(LABEL_COLUMNS) + value);
}
