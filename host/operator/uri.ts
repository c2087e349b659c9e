import { type RawOptions, show } from '../config.js';
import { HoldfastError } from '../errors.js';

/** What a URI says: its scheme, and as options its path (`root`) and its query. */
export interface ParsedUri {
	readonly scheme: string;
	readonly options: RawOptions;
}

/**
 * Reads `fs:///absolute/path?workers=2` or `memory://`. The path is the option `root`; `%20` and its like are decoded. The host
 * part means nothing here: `localhost` is passed over, any other is `ConfigInvalid`, because it may be a path that lacks its
 * third slash.
 */
export function parseUri(uri: unknown): ParsedUri {
	if (typeof uri !== 'string') throw refused(`it is a ${typeof uri} and not a string`);
	let url: URL;
	try {
		url = new URL(uri);
	} catch (error) {
		throw refused(`${show(uri)} is not a URI; write 'fs:///absolute/path' or 'memory://'`, error);
	}
	const scheme = url.protocol.slice(0, -1);
	if (url.hostname !== '' && url.hostname !== 'localhost') {
		throw refused(`${show(url.hostname)} in ${show(uri)} would be a host; write ${show(`${scheme}:///`)} and the path`);
	}
	if (url.username !== '' || url.password !== '' || url.port !== '' || url.hash !== '') {
		throw refused(`${show(uri)} has a user, a port or a fragment; leave it out`);
	}
	const options: Record<string, unknown> = Object.create(null);
	if (url.pathname !== '' && !(url.pathname === '/' && url.hostname !== ''))
		options.root = decodePath(url.pathname, uri);
	for (const [name, value] of url.searchParams) {
		if (name in options) throw refused(`${show(uri)} gives the option ${show(name)} twice`);
		options[name] = value;
	}
	return { scheme, options };
}

function decodePath(path: string, uri: string): string {
	try {
		return decodeURIComponent(path);
	} catch (error) {
		throw refused(
			`the path in ${show(uri)} has a per cent sign that encodes nothing; write %25 for the sign itself`,
			error,
		);
	}
}

function refused(reason: string, cause?: unknown): HoldfastError {
	return new HoldfastError('ConfigInvalid', `the URI cannot be used: ${reason}`, { operation: 'fromUri', cause });
}
