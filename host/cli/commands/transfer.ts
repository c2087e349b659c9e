import { plainPath, targetPath } from '../paths.js';
import type { Session } from '../session.js';

export interface TransferOptions {
	/** False for `--no-clobber`. */
	readonly clobber: boolean;
}

/** Copies a file within the store. */
export async function cp(session: Session, source: string, target: string, options: TransferOptions): Promise<void> {
	await transfer(session, 'copy', source, target, options);
}

/** Moves a file within the store. */
export async function mv(session: Session, source: string, target: string, options: TransferOptions): Promise<void> {
	await transfer(session, 'rename', source, target, options);
}

async function transfer(
	{ op, output, signal }: Session,
	method: 'copy' | 'rename',
	source: string,
	target: string,
	options: TransferOptions,
): Promise<void> {
	const path = targetPath(source, target);
	await op[method](source, path, { ifNotExists: !options.clobber, signal });
	if (output.isJson) await output.json({ source: plainPath(source), target: plainPath(path) });
}
