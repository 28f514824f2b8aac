"""Tasks for a class: a start that fails, a goal that a run is checked against, hand-ins, and how they are marked.

A hand-in holds what makes its run again; it is marked by making the run again, not by what it says of itself.
"""

from gan_core.experiments.classroom.handin import HandIn, hand_in, read_hand_in
from gan_core.experiments.classroom.tasks import Goal, Key, Question, Task, read_key, tasks

__all__ = ["Goal", "HandIn", "Key", "Question", "Task", "hand_in", "read_hand_in", "read_key", "tasks"]
