import { countedOf } from '../../src/domain/projects/metrics.ts';
import { createProject, type Project } from '../../src/domain/projects/project.ts';
import type { TaskStatus } from '../../src/domain/tasks/status.ts';
import { createTask, type StoredTask } from '../../src/domain/tasks/task.ts';

export const PROJECTS = 5;
/** So many of ten tasks, so that a page of 100 of each filter is full however few tasks there are. */
const STATUSES: readonly TaskStatus[] = [
  'running',
  'completed',
  'completed',
  'failed',
  'completed',
  'running',
  'completed',
  'cancelled',
  'completed',
  'completed',
];
const STEP_MS = 7;

export const taskIdOf = (index: number): string => `task-${String(index).padStart(8, '0')}`;
export const projectIdOf = (index: number): string => `project-${index % PROJECTS}`;

/** The task with this number of so many, the last of them updated `now`: some 600 bytes of JSON, already counted. */
export const taskOf = (index: number, size: number, now: number): StoredTask => {
  const status = STATUSES[Math.floor(index / PROJECTS) % STATUSES.length] ?? 'running';
  const { task } = createTask(
    {
      task_name: `Deploy the shop, part ${index}`,
      task_type: 'cdk_deploy',
      project_id: projectIdOf(index),
      status,
      progress: { current: status === 'completed' ? 67 : index % 67, total: 67 },
      details: {
        phase: 'Creating resources',
        current_step: 'AWS::CloudFront::Distribution ShopDistribution7D20F4C1',
        operation: 'deploy',
        log_group: '/aws/codebuild/shop-deploy',
        log_stream: taskIdOf(index),
      },
      labels: { team: 'shop' },
    },
    { id: taskIdOf(index), now: now - (size - 1 - index) * STEP_MS },
  );
  return { ...task, counted: countedOf(task) };
};

/** Every project of so many tasks, with the metrics that counting them one by one would have come to. */
export const projectsOf = (size: number, now: number): readonly Project[] =>
  Array.from({ length: PROJECTS }, (_, index) => {
    const project = createProject({ project_name: projectIdOf(index) }, { id: projectIdOf(index), now });
    const share = size / PROJECTS / STATUSES.length;
    const count = (wanted: TaskStatus) => share * STATUSES.filter((status) => status === wanted).length;
    const [completed, failed] = [count('completed'), count('failed')];
    return {
      ...project,
      metrics: {
        ...project.metrics,
        total_tasks: size / PROJECTS,
        active_tasks: count('running'),
        completed_tasks: completed,
        failed_tasks: failed,
        success_rate: completed / (completed + failed),
        avg_completion_time_seconds: 0,
      },
    };
  });
