import type { Instance, TestRunner } from '../../../domain/instance.ts';
import { django } from './django.ts';
import { pytest } from './pytest.ts';
import type { Runner } from './runner.ts';
import { script } from './script.ts';

const RUNNERS: Readonly<Record<TestRunner, Runner>> = { pytest, django, script };

/** The way of running an instance's tests. */
export function runnerOf(instance: Instance): Runner {
  return RUNNERS[instance.runner];
}
