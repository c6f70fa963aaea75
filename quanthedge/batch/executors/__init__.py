"""Where jobs run: in this process, in others of this machine, on a cluster.

An executor takes jobs, as they are asked for, and what runs one; it yields each job with its
outcomes as it ends, in any order. No more jobs are under way than there are places for them. A job
whose worker was lost is tried again by single variants, each a job of its own; what is lost twice
ends as a failure "LostWorker" with its reason. Closing it (Ctrl-C, an error of whoever consumes it)
begins nothing more and leaves no process behind.
"""

from quanthedge.batch.executors.choice import executor_of
from quanthedge.batch.executors.rounds import Running
from quanthedge.batch.executors.threads import threads_here

__all__ = ["Running", "executor_of", "threads_here"]
