// One listener per signal, however many calls share it: a program that gives the same signal to a thousand calls leaks nothing and
// gets no warning about it.

const watchers = new WeakMap<AbortSignal, { readonly callbacks: Set<() => void>; readonly listener: () => void }>();

/** Calls back once when the signal is aborted; what it returns takes the callback away again. The signal is not aborted yet. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
	let watcher = watchers.get(signal);
	if (watcher === undefined) {
		const callbacks = new Set<() => void>();
		const listener = (): void => {
			for (const call of callbacks) call();
		};
		watcher = { callbacks, listener };
		watchers.set(signal, watcher);
	}
	const { callbacks, listener } = watcher;
	if (callbacks.add(callback).size === 1) signal.addEventListener('abort', listener);
	return () => {
		if (callbacks.delete(callback) && callbacks.size === 0) signal.removeEventListener('abort', listener);
	};
}
