import type { Reply, Request } from '../pool/request.js';
import { Ahead, type Steps } from './drivers.js';
import { ignoreFailure } from './ignore-failure.js';

/**
 * Sends requests, so many at a time unless the caller blocks, and gives each reply in order to `take`, which says whether more are wanted.
 * After a failure no further one is sent; whatever was sent is over at the end.
 */
export function* sideBySide(
	requests: Iterable<Request>,
	width: number,
	take: (reply: Reply, request: Request) => boolean,
): Steps<void> {
	const asked: Ahead[] = [];
	let hasFailed = false;
	const fail = (): void => {
		hasFailed = true;
	};
	const takeFirst = function* (): Steps<boolean> {
		const first = asked[0] as Ahead;
		const reply = yield first;
		asked.shift();
		return take(reply, first.request);
	};
	try {
		for (const request of requests) {
			const next = new Ahead(request);
			asked.push(next);
			yield next;
			next.reply?.catch(fail);
			while (asked.length >= width || hasFailed) if (!(yield* takeFirst())) return;
		}
		while (asked.length > 0) if (!(yield* takeFirst())) return;
	} finally {
		yield* waitFor(asked);
	}
}

/** What nobody wants any more still uses what it was asked of. */
function* waitFor(asked: Iterable<Ahead>): Steps<void> {
	for (const ahead of asked) {
		try {
			if (ahead.reply !== undefined) yield ahead;
		} catch (error) {
			ignoreFailure(error);
		}
	}
}
