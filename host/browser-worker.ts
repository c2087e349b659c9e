// The worker of `holdfast/browser`: it holds the store, because only a worker may open files of the origin private file system.

import { type Place, serve } from './remote/serve.js';
import { openPrivateService } from './services/private-files.js';

serve(globalThis as unknown as Place, openPrivateService);
