"""Parts of the Classroom page: a task for a student, a room for a teacher."""
