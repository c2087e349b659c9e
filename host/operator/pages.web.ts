import { Ahead, type Steps } from './drivers.js';
import type { Invocation } from './invocation.js';
import { ListPage } from './list-page.js';
import type { PageRequests } from './pages.js';
import { listRequest, type OpenDescriptor } from './requests.js';

export function requestsFor(
	invocation: Invocation,
	{ path }: { readonly path: string },
	open: OpenDescriptor,
): Pick<PageRequests, 'list'> {
	return { list: (cookie, withStat) => listRequest(invocation, path, open, cookie, withStat) };
}

/** The pages of one directory, in order. While the caller takes the entries of one, the only engine reads the next one. */
export class Pages {
	#ahead: Ahead | undefined;
	/** Where the page begins that is asked for next. */
	#cookie = 0;
	isFinished = false;

	/** The next page. `isAhead`: the one behind it may be asked for before it is wanted. */
	*next(requests: Pick<PageRequests, 'list'>, isAhead: boolean): Steps<ListPage> {
		const ahead = this.#ahead;
		this.#ahead = undefined;
		const { bytes, total } = yield ahead ?? requests.list(this.#cookie, true);
		this.#cookie = total;
		this.isFinished = total === 0;
		if (isAhead && !this.isFinished) {
			this.#ahead = new Ahead(requests.list(total, true));
			yield this.#ahead;
		}
		return new ListPage(bytes);
	}

	/** Forgets what is on its way: the directory is closed, and may be opened again. */
	restart(): void {
		this.#ahead = undefined;
	}
}
