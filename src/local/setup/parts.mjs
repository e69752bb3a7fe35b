import { baseImage } from './parts/base-image.mjs';
import { chromium, postgresql } from './parts/debian-packages.mjs';
import { dependencies } from './parts/dependencies.mjs';
import { dockerEngine } from './parts/docker-engine.mjs';
import { grader } from './parts/grader.mjs';
import { guest } from './parts/guest.mjs';
import { registry } from './parts/registry.mjs';
import { sandbox } from './parts/sandbox.mjs';
import { skyrl } from './parts/skyrl.mjs';
import { temporalServer } from './parts/temporal-server.mjs';
import { temporal } from './parts/temporal.mjs';
import { toxiproxy } from './parts/toxiproxy.mjs';
import { trainer, trainerTest } from './parts/trainer.mjs';
import { uv } from './parts/uv.mjs';

/** What Steadfast runs on, in an order where each follows what it needs. */
export const runtimeParts = [dependencies, uv, trainer, grader, temporal, sandbox, guest];

/** What only tests need; a stage of the tests names those it wants. */
export const testParts = [
  trainerTest,
  skyrl,
  dockerEngine,
  baseImage,
  postgresql,
  temporalServer,
  toxiproxy,
  registry,
  chromium,
];
