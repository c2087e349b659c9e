import module from './engine.wasm';
import { runSuite } from './suite.js';

// The behaviour suite in workerd: a request runs it and gets the report.
export default {
	async fetch(request: Request): Promise<Response> {
		const only = new URL(request.url).searchParams.get('only') ?? undefined;
		return Response.json(await runSuite(module, only));
	},
};
