"""Class: a task with a goal that the run is checked against, a room for many, hand-ins."""

from __future__ import annotations

import streamlit as st

from pages.ui import session
from pages.ui.classroom import plan, state, student, teacher
from pages.ui.following import panel

session.turn_page()
state.follow_link()
if panel.code():
    panel.page()
else:
    with st.container(width=900, key="classroom"):
        task = state.task()
        if task is None:
            student.choose()
            panel.offer()
            plan.plans()
            teacher.make_task()
        elif state.teaches():
            teacher.room()
            student.work(task)
        else:
            student.work(task)
            if state.room():
                teacher.room()
                teacher.ask_key()
            else:
                teacher.offer_room(task)
