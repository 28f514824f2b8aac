"""What the Classroom page is made of: a task for a student, a room for a teacher."""
